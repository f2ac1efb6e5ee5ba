import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionMemory } from './connection-memory.ts'

function twoViews(): [ConnectionMemory, ConnectionMemory] {
  const memory = ConnectionMemory.create()
  return [memory, new ConnectionMemory(memory.buffer)]
}

function flags({
  closed,
  disconnectRequested,
  successfullyConnected,
}: ConnectionMemory): boolean[] {
  return [closed, disconnectRequested, successfullyConnected]
}

test('each flag is seen by the other thread, and is no other flag', () => {
  const [one, other] = twoViews()
  assert.deepEqual(flags(other), [false, false, false])
  one.requestDisconnect()
  assert.deepEqual(flags(other), [false, true, false])
  other.markSuccessfullyConnected()
  assert.deepEqual(flags(one), [false, true, true])
  one.markClosed()
  assert.deepEqual(flags(other), [true, true, true])
})

test('the mutexes exclude nothing but themselves', () => {
  const [one, other] = twoViews()
  one.sockMutex.lock()
  other.sendMutex.lock() // would sleep for ever
  other.sockMutex.unlock()
  one.sendMutex.unlock()
  assert.deepEqual(flags(one), [false, false, false])
})

test('full queues in both directions leave each other and the flags alone', () => {
  const [one, other] = twoViews()
  const room = one.received.reserve()
  room.fill(1)
  one.received.append(7, room.length - 24, one.received.received(room.length) + room.length)
  one.received.publish()
  const outgoing = other.sending.reserve(6_000_000)
  assert.ok(outgoing)
  outgoing.fill(2)
  other.sending.append(outgoing.length)
  one.markClosed()
  assert.equal(other.received.take(), true)
  const { payloadOffset, payloadLength, bytes } = other.received
  const payload = bytes.subarray(payloadOffset, payloadOffset + payloadLength)
  assert.equal(payload.length, 0x10000 - 24)
  assert.ok(payload.every(byte => byte === 1))
  assert.ok(one.sending.pending().every(byte => byte === 2))
  assert.deepEqual(flags(other), [true, false, false])
})
