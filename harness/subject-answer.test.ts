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
