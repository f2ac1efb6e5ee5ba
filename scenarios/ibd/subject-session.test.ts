import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildChain } from './chain-builder.ts'
import { P2pSession } from './p2p-session.ts'
import { RawSession } from './raw-session.ts'
import { pinChain } from './send-queue.ts'

const pinned = pinChain(await buildChain({ profile: 'small', blocks: 10, seed: 1 }))

test('a subject that makes no progress fails after the stall timeout, and says what is missing', async () => {
  let closed = 0
  const session = new P2pSession(pinned, {
    connections: 2,
    stallTimeoutMs: 1000,
    onFailed: () => ++closed,
  })
  const ready = session.awaitReady()
  session.turnCompleted(0)
  session.headersServed(4)
  session.turnCompleted(900)
  session.turnCompleted(1899)
  assert.ok(session.busy)
  session.turnCompleted(1900)
  assert.deepEqual(await ready, {
    state: 'failed',
    reason:
      'no progress for 1000 ms: 0 connections open, 0 handshakes completed, headers asked for up to 4 of 10, and no block asked for',
  })
  assert.ok(!session.busy)
  assert.equal(closed, 1)
})

test('headers asked for again and again are no progress', async () => {
  const session = new P2pSession(pinned, {
    connections: 1,
    stallTimeoutMs: 1000,
    onFailed: () => {},
  })
  const outcome = session.awaitReady()
  for (const ms of [0, 500, 1000, 1500]) {
    session.headersServed(4)
    session.turnCompleted(ms)
  }
  assert.equal((await outcome).state, 'failed')
})

test('an idle subject does not stall', () => {
  const session = new RawSession(pinned, { connections: 1, onFailed: assert.fail })
  session.turnCompleted(0)
  session.turnCompleted(3_600_000)
  assert.ok(!session.busy)
})
