import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection } from './inspect.ts'
import { inspectabilityTable } from './table.ts'

const frame = (className: string | null, functionName: string) => ({
  className,
  functionName,
  place: 'x.js:1',
  identity: functionName,
})
const inspection: Inspection = {
  backend: 'direct',
  receiving: {
    between: [frame('Connman', 'receive'), frame('Connman', 'gotData'), frame('Receiver', 'read')],
    stack: [],
    nearest: {
      peer: { lookUps: 1, opened: 2, path: 'this.nodes[…]', frame: 1 },
      fd: { lookUps: 0, opened: 1, path: 'this.#fd', frame: 0 },
    },
  },
  sending: { between: [], stack: [], nearest: {} },
  names: [
    {
      thread: 'b-net',
      sampled: { frames: 100, ours: 60, node: 10, unnamed: [['poll (no file)', 30]] },
    },
    { thread: 'b-msghand', sampled: { frames: 100, ours: 90, node: 10, unnamed: [] } },
  ],
}

test('a table tells for each backend the way, how far what is asked for is, and the named frames', () => {
  const rows = inspectabilityTable([inspection]).split('\n')
  assert.deepEqual(rows, [
    '| | direct |',
    '| - | - |',
    '| **recv → protocol**: functions between | 3 |',
    '| their names | Connman.receive, Connman.gotData, Receiver.read |',
    '| kinds of `this` on the way | 2 |',
    '| stopped there: the peer’s state | **1 look-up**: `this.nodes[…]`, 1 up |',
    '| stopped there: its id | not there |',
    '| stopped there: its address | not there |',
    '| stopped there: the descriptor | `this.#fd`, in the frame |',
    '| stopped there: bytes queued | not there |',
    '| stopped there: message type | not there |',
    '| **pushMessage → send**: functions between | 0 |',
    '| their names | – |',
    '| kinds of `this` on the way | 0 |',
    '| stopped there: the peer’s state | not there |',
    '| stopped there: its id | not there |',
    '| stopped there: its address | not there |',
    '| stopped there: the descriptor | not there |',
    '| stopped there: bytes queued | not there |',
    '| stopped there: message type | not there |',
    '| sampled frames with a name, in a file of the project | 75.0 % |',
    '| … in a file of Node’s | 10.0 % |',
    '| without | 15.0 %: poll (no file) 15.0 % |',
  ])
})
