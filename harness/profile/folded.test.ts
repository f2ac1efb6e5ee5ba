import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootOf } from './cost-tree.ts'
import { foldedStacks, parseFolded } from './folded.ts'
import type { Frame } from './frame.ts'

const frame = (name: string, file = ''): Frame => ({ name, file, line: 7, kind: 'other' })

test('a tree that is folded, and put together again, is folded to the same', () => {
  const root = rootOf(1, 2)
  root.add([frame('run', 'a.ts'), frame('recv', 'b.ts')], 0, 0, 30)
  root.add([frame('run', 'a.ts'), frame('recv', 'b.ts')], 0, 1, 10)
  root.add([frame('run', 'a.ts')], 0, 1, 8)
  const text = foldedStacks(root, 0)
  assert.equal(text, 'run (a.ts) 4\nrun (a.ts);recv (b.ts) 20\n')
  const again = rootOf(1, 1)
  for (const { names, cost } of parseFolded(text)) {
    again.add(
      names.map(name => frame(name)),
      0,
      0,
      cost,
    )
  }
  assert.equal(foldedStacks(again, 0), text)
})

test('a name that holds what the format is made of stays one frame', () => {
  const root = rootOf(1, 1)
  root.add([frame('a;b 3\nc'), frame('<"&\'>')], 0, 0, 12)
  assert.deepEqual(parseFolded(foldedStacks(root, 0)), [{ names: ['a:b 3:c', '<"&\'>'], cost: 12 }])
})

test('a line that is no stack is refused', () => {
  assert.throws(() => parseFolded('a;b\n'), RangeError)
})
