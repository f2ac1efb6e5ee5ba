import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpConnectionMemory, type RequestInMemory } from './http-connection-memory.ts'

/** The same connection as the socket thread and as a worker thread has it. */
function twoThreads(): { socketSide: HttpConnectionMemory; worker: HttpConnectionMemory } {
  const socketSide = HttpConnectionMemory.create()
  return { socketSide, worker: new HttpConnectionMemory(socketSide.buffer) }
}

const MAX_HEADERS_BYTES = 8_192
const MAX_BODY_BYTES = 32 << 20

const request: RequestInMemory = {
  method: 'POST',
  target: '/\u00ff?',
  bodyLength: 3,
  keepAlive: true,
  versionMinor: 1,
}

test('a request crosses threads whole, and is in flight until it is answered', () => {
  const { socketSide, worker } = twoThreads()
  socketSide.open(7, 12)
  socketSide.body.set([1, 2, 3])
  assert.equal(worker.requestInFlight, false)
  socketSide.startRequest(request)
  assert.deepEqual([worker.connectionId, worker.fd], [7, 12])
  assert.equal(worker.requestInFlight, true)
  assert.deepEqual(worker.request, request)
  assert.deepEqual([...worker.body.subarray(0, 3)], [1, 2, 3])
  worker.markAnswered()
  assert.equal(socketSide.requestInFlight, false)
})

test('every method and version is told apart, and the longest target fits', () => {
  const { socketSide, worker } = twoThreads()
  const target = 'x'.repeat(MAX_HEADERS_BYTES)
  for (const method of ['GET', 'POST', 'HEAD', 'other'] as const) {
    const sent = { method, target, bodyLength: MAX_BODY_BYTES, keepAlive: false, versionMinor: 0 }
    socketSide.startRequest(sent)
    assert.deepEqual(worker.request, sent)
  }
  assert.equal(socketSide.body.length, MAX_BODY_BYTES)
})

test('body and send queue do not overlap, and the queue holds the largest body', () => {
  const { socketSide, worker } = twoThreads()
  const room = worker.sending.reserve(MAX_BODY_BYTES + (1 << 20))
  assert.notEqual(room, undefined)
  room?.fill(1)
  socketSide.body.fill(2)
  assert.equal(room?.indexOf(2), -1)
  assert.equal(socketSide.body.indexOf(1), -1)
})

test('a wait for the loop begins with the reply, if the loop has something to do then', () => {
  const { socketSide, worker } = twoThreads()
  socketSide.startRequest(request)
  worker.markAnswered()
  assert.equal(socketSide.takeWaitForLoopMs(), -1)
  socketSide.startRequest(request)
  socketSide.awaitReply()
  worker.markAnswered()
  assert.ok(socketSide.takeWaitForLoopMs() >= 0)
  assert.equal(socketSide.takeWaitForLoopMs(), -1)
  socketSide.startRequest(request) // nothing waits any more
  worker.markAnswered()
  assert.equal(socketSide.takeWaitForLoopMs(), -1)
  socketSide.awaitReply() // too late: there is none to wait for
  assert.equal(socketSide.requestInFlight, false)
  socketSide.startRequest(request)
  worker.requestCloseWhenSent()
  worker.markAnswered()
  assert.ok(socketSide.takeWaitForLoopMs() >= 0)
})

test('another connection finds nothing of the one before', () => {
  const { socketSide, worker } = twoThreads()
  socketSide.open(1, 10)
  socketSide.startRequest(request)
  socketSide.awaitReply()
  worker.sending.append(5)
  worker.requestCloseWhenSent()
  worker.markAnswered()
  socketSide.requestDisconnect()
  socketSide.markClosed()
  socketSide.open(2, 11)
  assert.deepEqual([worker.connectionId, worker.fd], [2, 11])
  assert.equal(worker.sending.isEmpty, true)
  const { closed, closeWhenSent, disconnectRequested, requestInFlight } = worker
  assert.deepEqual(
    [closed, closeWhenSent, disconnectRequested, requestInFlight],
    [false, false, false, false],
  )
  assert.equal(socketSide.takeWaitForLoopMs(), -1)
})

test('the queue of a client that reads slowly stays in low memory, with every byte in order', () => {
  const { sending, buffer } = HttpConnectionMemory.create()
  const queueAt = sending.reserve(1)?.byteOffset ?? 0
  assert.ok(queueAt < buffer.byteLength)
  let sent = 0
  for (let reply = 0; reply < 60; reply++) {
    const room = sending.reserve(1_000_000)
    assert.ok(room !== undefined)
    assert.ok(room.byteOffset - queueAt < 4_000_000, `reply ${reply} is at ${room.byteOffset}`)
    room.fill(reply)
    sending.append(room.length)
    if (reply === 0) continue
    assert.equal(sending.pending()[0], Math.floor(sent / 1_000_000))
    sending.consume(999_999) // so that it is never empty
    sent += 999_999
  }
})
