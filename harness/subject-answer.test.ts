import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer } from './subject-answer.ts'
import type { SubjectAnswer } from './subject-protocol.ts'

test('what a subject may answer is taken as it is', () => {
  const answers: SubjectAnswer[] = [
    { kind: 'started', listening: [{ family: 4, host: '127.0.0.1', port: 8333 }] },
    { kind: 'counts', counts: { 'syscall.recv': 3 } },
    { kind: 'peer-disconnected', reason: 'bad checksum' },
    { kind: 'failed', reason: 'out of sockets' },
  ]
  for (const answer of answers) assert.deepEqual(readAnswer(answer), answer)
})

test('anything else is a subject that has failed, and is quoted, in so many words', () => {
  const address = { family: 4, host: '127.0.0.1', port: 0 }
  const wrong = [
    null,
    'ready',
    { kind: 'ready' },
    { kind: 'started' },
    { kind: 'started', listening: [address] },
    { kind: 'counts', counts: { recv: -1 } },
    { kind: 'counts', counts: { recv: Number.NaN } },
  ]
  for (const message of wrong) assert.equal(readAnswer(message).kind, 'failed')
  const long = readAnswer('x'.repeat(1000))
  assert.deepEqual(long, {
    kind: 'failed',
    reason: `it said "${'x'.repeat(79)}, which is no answer in the protocol of subjects`,
  })
})

test('a reason is one line that drives no terminal, however long and whatever is in it', () => {
  const said = { reason: `\x1b[31m\n${'x'.repeat(1000)}` }
  const kept = { reason: `\\x1b[31m\\x0a${'x'.repeat(294)}` }
  for (const kind of ['failed', 'peer-disconnected']) {
    assert.deepEqual(readAnswer({ kind, ...said }), { kind, ...kept })
  }
  const { reason } = readAnswer('\u009b31m') as { reason: string }
  assert.match(reason, /^it said "\\x9b31m", which/)
})
