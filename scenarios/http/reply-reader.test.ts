import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expected, replyBytes, rightReply } from './fixtures/replies.ts'
import { ReplyReader } from './reply-reader.ts'

test('a reply cut at any byte is complete with its last one, and the next one is read', () => {
  const reader = new ReplyReader(expected)
  for (let cut = 1; cut < rightReply.length; cut++) {
    assert.equal(reader.read(rightReply.subarray(0, cut)).state, 'incomplete')
    assert.equal(reader.read(rightReply.subarray(cut)).state, 'complete')
  }
  assert.equal(reader.read(rightReply).state, 'complete')
})

test('a reply is read byte by byte, from memory that is used again', () => {
  const reader = new ReplyReader(expected)
  const memory = Buffer.alloc(1)
  const states = [...rightReply].map(byte => {
    memory[0] = byte
    return reader.read(memory).state
  })
  assert.equal(states.pop(), 'complete')
  assert.ok(states.every(state => state === 'incomplete'))
})

test('a reply without a body is complete with its head', () => {
  const reader = new ReplyReader({ status: 404, body: Buffer.alloc(0) })
  const reply = replyBytes('404 Not Found', Buffer.alloc(0))
  assert.equal(reader.read(reply.subarray(0, -1)).state, 'incomplete')
  assert.equal(reader.read(reply.subarray(-1)).state, 'complete')
})

const wrongReplies = {
  'status 500 instead of 200': replyBytes('500 Internal Server Error', expected.body),
  'length 0 instead of 12': replyBytes('200 OK', Buffer.alloc(0)),
  'body differs at byte 11': replyBytes('200 OK', Buffer.from('{"blocks":7)')),
  'it does not begin with an HTTP/1.1 status line': Buffer.from('HTTP/1.0 200 OK\r\n\r\n'),
  '0 content-lengths instead of 1': Buffer.from(
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nc\r\n{"blocks":7}\r\n0\r\n\r\n',
  ),
  '2 content-lengths instead of 1': Buffer.from(
    'HTTP/1.1 200 OK\r\ncontent-length: 12\r\nContent-Length: 12\r\n\r\n{"blocks":7}',
  ),
  '3 bytes follow it that nobody asked for': Buffer.concat([rightReply, Buffer.from('HTT')]),
  'no head within 8192 bytes': Buffer.concat([Buffer.from('HTTP/1.1 200'), Buffer.alloc(8192)]),
}

for (const [reason, bytes] of Object.entries(wrongReplies)) {
  test(`a wrong reply is named: ${reason}`, () => {
    assert.deepEqual(new ReplyReader(expected).read(bytes), { state: 'wrong', reason })
  })
}

test('how far a reply has come is told', () => {
  const reader = new ReplyReader(expected)
  assert.equal(reader.progress, 'nothing of it had come')
  reader.read(rightReply.subarray(0, 10))
  assert.equal(reader.progress, 'a part of its head had come')
  reader.read(rightReply.subarray(10, -2))
  assert.equal(reader.progress, '10 of 12 bytes of its body had come')
  reader.read(rightReply.subarray(-2))
  assert.equal(reader.progress, 'nothing of it had come')
})
