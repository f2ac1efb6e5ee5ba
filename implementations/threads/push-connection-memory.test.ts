import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PushConnectionMemory } from './push-connection-memory.ts'
import { SEND_BUFFER_BYTES } from './send-queue.ts'

test('a request is taken once, by whoever attached; the last one counts', () => {
  const socketThreads = PushConnectionMemory.create()
  const handlers = new PushConnectionMemory(socketThreads.buffer)
  assert.equal(handlers.takeRequest(), 0)
  socketThreads.request(7)
  socketThreads.request(0xffff_fffe)
  assert.equal(handlers.takeRequest(), 0xffff_fffe)
  assert.equal(handlers.takeRequest(), 0)
})

test('flags, request and queue lie apart', () => {
  const memory = PushConnectionMemory.create()
  memory.request(0xffff_ffff)
  memory.requestDisconnect()
  assert.equal(memory.closed, false)
  assert.equal(memory.sending.isEmpty, true)
  memory.markClosed()
  memory.sending.reserve(100)?.fill(0xff)
  memory.sending.append(100)
  assert.equal(memory.takeRequest(), 0xffff_ffff)
})

test('the queue takes what Core buffers for a peer, and no more', () => {
  const { sending } = PushConnectionMemory.create()
  assert.equal(sending.reserve(SEND_BUFFER_BYTES + 1), undefined)
  assert.equal(sending.reserve(SEND_BUFFER_BYTES)?.length, SEND_BUFFER_BYTES)
})
