import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampledNames } from './sampled-names.ts'

function node(id: number, functionName: string, url: string, children: number[] = []) {
  const callFrame = { functionName, scriptId: '1', url, lineNumber: 0, columnNumber: 0 }
  return { id, callFrame, children }
}

const project = 'file:///x/dist/implementations/direct/node.js'

test('every frame of every sample counts, V8’s own entries and the probe’s samples do not', () => {
  const nodes = [
    node(1, '(root)', '', [2, 3, 7]),
    node(2, 'run', project, [4, 5]),
    node(3, '(idle)', ''),
    node(4, '', project, [6]),
    node(5, 'write', 'node:net'),
    node(6, 'poll', ''),
    node(7, 'lookInto', 'file:///x/dist/harness/inspectability/reachable.js'),
  ]
  const profile = { nodes, startTime: 0, endTime: 1, samples: [2, 3, 5, 6, 6, 4, 7] }
  assert.deepEqual(sampledNames(profile), {
    frames: 1 + 2 + 3 + 3 + 2,
    ours: 5,
    node: 1,
    unnamed: [
      ['(anonymous) (implementations/direct/node.js)', 3],
      ['poll (no file)', 2],
    ],
  })
})
