import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OutboundHttpMemory } from './outbound-http-memory.ts'

const sizes = { requestBytes: 700, maxReplyBytes: 1_001 }
const reply = { ending: 'reply', status: 200, bodyLength: 1_001, reusable: true } as const

/** The handler thread's view of a memory, and the socket thread's. */
function views(): { handler: OutboundHttpMemory; socket: OutboundHttpMemory } {
  const handler = OutboundHttpMemory.create(7, sizes)
  handler.open(3, 40)
  return { handler, socket: new OutboundHttpMemory(handler.buffer, sizes) }
}

test('a reply is awaited, then it has ended, as the other thread says', () => {
  const { handler, socket } = views()
  assert.equal(socket.replyAwaited, false)
  assert.equal(handler.replyEnd, undefined)
  handler.awaitReply()
  assert.equal(socket.replyAwaited, true)
  assert.equal(handler.replyEnd, undefined)
  socket.endReply(reply)
  assert.deepEqual(handler.replyEnd, reply)
  assert.equal(socket.replyAwaited, false)
  handler.awaitReply()
  assert.equal(handler.replyEnd, undefined)
  const reset = { ending: 'reset', status: 0, bodyLength: 0, reusable: false } as const
  socket.endReply(reset)
  assert.deepEqual(handler.replyEnd, reset)
})

test('a connection is taken up or withdrawn, whichever is first', () => {
  const [first, second] = [views(), views()]
  assert.equal(first.socket.takeUp(), true)
  assert.equal(first.handler.withdraw(), false)
  assert.equal(second.handler.withdraw(), true)
  assert.equal(second.socket.takeUp(), false)
})

test('a new connection finds nothing of the one before', () => {
  const { handler, socket } = views()
  socket.takeUp()
  handler.awaitReply()
  handler.sending.reserve(700)?.fill(1)
  handler.sending.append(700)
  socket.endReply(reply)
  handler.requestDisconnect()
  socket.markClosed()
  handler.open(4, 41)
  const { number, connectionId, fd, closed, disconnectRequested, replyEnd } = socket
  assert.deepEqual(
    { number, connectionId, fd, closed, disconnectRequested, replyEnd },
    {
      number: 7,
      connectionId: 4,
      fd: 41,
      closed: false,
      disconnectRequested: false,
      replyEnd: undefined,
    },
  )
  assert.equal(socket.sending.isEmpty, true)
  assert.equal(socket.takeUp(), true)
})

test('control words, body and queue lie apart', () => {
  const { handler, socket } = views()
  handler.awaitReply()
  socket.body.fill(0xff)
  const request = handler.sending.reserve(700)
  assert.equal(request?.length, 700)
  request?.fill(0xee)
  handler.sending.append(700)
  assert.equal(handler.sending.reserve(1), undefined)
  assert.equal(handler.body.length, 1_001)
  assert.ok(handler.body.every(byte => byte === 0xff))
  assert.ok(socket.sending.pending().every(byte => byte === 0xee))
  assert.equal(socket.replyAwaited, true)
  assert.equal(socket.number, 7)
})
