import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootOf } from './cost-tree.ts'
import type { Frame } from './frame.ts'
import { functionsOf, kernelCost } from './functions.ts'

const frame = (name: string, line = 1): Frame => ({ name, file: `${name}.ts`, line, kind: 'other' })
const poll: Frame = { name: 'poll(2)', file: '', line: 0, kind: 'system call' }
const send: Frame = { name: 'send(2)', file: '', line: 0, kind: 'system call' }

test('a function is one wherever it is called from, on whichever line, and a recursion counts once', () => {
  const root = rootOf(1, 1)
  root.add([frame('a'), frame('b', 3)], 0, 0, 5)
  root.add([frame('b', 9), frame('a'), frame('b', 3)], 0, 0, 2)
  const costs = functionsOf(root).map(({ frame: { name }, self, total }) => [name, self, total])
  assert.deepEqual(costs, [
    ['a', [[0]], [[7]]],
    ['b', [[7]], [[7]]],
  ])
})

test('all calls into the kernel are one figure, since their samples do not tell them apart', () => {
  const root = rootOf(1, 2)
  root.add([frame('a'), poll], 0, 0, 5)
  root.add([frame('a'), send], 0, 1, 3)
  root.add([frame('a')], 0, 1, 100)
  assert.deepEqual(kernelCost(functionsOf(root))?.self, [[5, 3]])
  assert.equal(kernelCost([]), null)
})
