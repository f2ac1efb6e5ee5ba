import assert from 'node:assert/strict'
import { test } from 'node:test'
import { continueReply, errorReply, replyHead, replyHeadLength, writeReplyHead } from './reply.ts'
import { ReplyParser } from './reply-parser.ts'
import { RequestParser } from './request-parser.ts'

const json = {
  status: 200,
  contentType: 'application/json',
  keepAlive: true,
  versionMinor: 1,
} as const

test('a head', () => {
  assert.equal(
    text(replyHead({ ...json, bodyLength: 313 })),
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 313\r\n\r\n',
  )
})

test('what happens to the connection is said where it is not the default', () => {
  const head = { ...json, bodyLength: 0 }
  assert.doesNotMatch(text(replyHead(head)), /Connection/)
  assert.match(text(replyHead({ ...head, keepAlive: false })), /\r\nConnection: close\r\n/)
  assert.match(
    text(replyHead({ ...head, keepAlive: false, versionMinor: 0 })),
    /\r\nConnection: close\r\n/,
  )
  assert.match(text(replyHead({ ...head, versionMinor: 0 })), /\r\nConnection: keep-alive\r\n/)
})

test('heads that differ in status or content type are not mixed up', () => {
  const binary = { ...json, contentType: 'application/octet-stream', bodyLength: 1 }
  assert.match(
    text(replyHead(binary)),
    /^HTTP\/1.1 200 OK\r\nContent-Type: application\/octet-stream/,
  )
  assert.match(text(replyHead({ ...binary, status: 404 })), /^HTTP\/1.1 404 Not Found\r\n/)
  assert.match(text(replyHead({ ...json, bodyLength: 1 })), /^HTTP\/1.1 200 OK\r\n.*json\r\n/s)
})

test('any length has its digits', () => {
  for (const bodyLength of [0, 9, 10, 99, 100, 999_999, 1_000_000, 33_554_432, 5_000_000_000]) {
    const head = { ...json, bodyLength }
    assert.match(text(replyHead(head)), new RegExp(`\r\nContent-Length: ${bodyLength}\r\n\r\n$`))
    assert.equal(replyHeadLength(head), replyHead(head).length)
  }
})

test('a head is written where it is asked for, and nowhere else', () => {
  const head = { ...json, bodyLength: 20 }
  const into = new Uint8Array(new SharedArrayBuffer(200)).fill(0x2e)
  const end = writeReplyHead(into, 3, head)
  assert.equal(end, 3 + replyHeadLength(head))
  assert.equal(text(into.slice(0, end + 1)), `...${text(replyHead(head))}.`)
})

test('an error reply has its status as its body and is a reply that parses', () => {
  const { head, body } = errorReply(404, { keepAlive: true, versionMinor: 1 })
  assert.equal(text(body), '404 Not Found\n')
  const into = new Uint8Array(100)
  const parser = new ReplyParser({ body: into })
  parser.execute(Buffer.concat([continueReply(), head, body]))
  assert.equal(parser.state, 'complete')
  assert.equal(parser.status, 404)
  assert.equal(parser.keepAlive, true)
  assert.equal(text(into.slice(0, parser.bodyLength)), '404 Not Found\n')
  parser.free()
})

test('what the request parser refuses has an error reply', () => {
  const parser = new RequestParser({ body: new Uint8Array(0) })
  parser.execute(Buffer.from('GET / HTTP/9.9\r\n'))
  const { head } = errorReply(parser.status, { keepAlive: false, versionMinor: 1 })
  assert.match(text(head), /^HTTP\/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\n/)
  parser.free()
})

test('405 names the methods that are allowed', () => {
  const closing = { keepAlive: false, versionMinor: 1 }
  assert.match(text(errorReply(405, closing).head), /\r\nAllow: GET, POST\r\n/)
  assert.doesNotMatch(text(errorReply(400, closing).head), /Allow/)
})

test('100 Continue', () => {
  assert.equal(text(continueReply()), 'HTTP/1.1 100 Continue\r\n\r\n')
})

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
