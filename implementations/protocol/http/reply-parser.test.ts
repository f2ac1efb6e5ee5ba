import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cuttings, inPieces } from './fixtures/cuttings.ts'
import { ReplyParser } from './reply-parser.ts'

const ok = (headers: string, body = '') => `HTTP/1.1 200 OK\r\n${headers}\r\n${body}`

/** What each stream of bytes is, up to the end of the connection. */
const streams: Readonly<Record<string, [bytes: string, outcome: string]>> = {
  'a length': [ok('Content-Length: 5\r\n', 'hello'), '200 keep "hello"'],
  'an empty body': [ok('Content-Length: 0\r\n'), '200 keep ""'],
  'Connection: close': [ok('Connection: close\r\nContent-Length: 2\r\n', 'hi'), '200 close "hi"'],
  'HTTP/1.0': ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi', '200 close "hi"'],
  chunks: [
    ok('Transfer-Encoding: chunked\r\n', '2\r\nhi\r\n1;x\r\n!\r\n0\r\nX: y\r\n\r\n'),
    '200 keep "hi!"',
  ],
  'no reason phrase': ['HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n', '404 keep ""'],
  'a reply that never has a body': ['HTTP/1.1 204 No Content\r\n\r\n', '204 keep ""'],
  'two replies': [
    `${ok('Content-Length: 2\r\n', 'hi')}HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\n!`,
    '200 keep "hi" | 500 keep "!"',
  ],
  'an interim reply first': [
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\nX: y\r\n\r\n${ok('Content-Length: 2\r\n', 'hi')}`,
    '200 keep "hi"',
  ],
  'a body that ends with the connection': [ok('', 'all of it'), '200 close "all of it"'],
  'an empty body that ends with the connection': [ok(''), '200 close ""'],

  'nothing but an interim reply': [
    'HTTP/1.1 100 Continue\r\n\r\n',
    'invalid: closed without a reply',
  ],
  'a body cut off': [
    ok('Content-Length: 5\r\n', 'hell'),
    'invalid: closed in the middle of a reply',
  ],
  'chunks cut off': [
    ok('Transfer-Encoding: chunked\r\n', '2\r\nhi\r\n'),
    'invalid: closed in the middle of a reply',
  ],
  'headers cut off': [
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n',
    'invalid: closed in the middle of a reply',
  ],
  'switching protocols': [
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\x01\x02',
    'invalid: the server switches protocols unasked',
  ],
  'no HTTP': ['220 smtp.example\r\n', 'invalid: Expected HTTP/, RTSP/ or ICE/'],
  'a status of two digits': ['HTTP/1.1 20 OK\r\n\r\n', 'invalid: Invalid status code'],
  'a length and chunks': [
    ok('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    "invalid: Transfer-Encoding can't be present with Content-Length",
  ],
  'a bad length': [ok('Content-Length: -5\r\n'), 'invalid: Invalid character in Content-Length'],
  'a longer body than fits': [
    ok('Content-Length: 17\r\n', 'x'.repeat(17)),
    'too-large: body over 16 bytes',
  ],
  'the longest body that fits': [
    ok('Content-Length: 16\r\n', 'x'.repeat(16)),
    `200 keep "${'x'.repeat(16)}"`,
  ],
  'more chunks than fit': [
    ok('Transfer-Encoding: chunked\r\n', '9\r\n123456789\r\n8\r\n12345678\r\n0\r\n\r\n'),
    'too-large: body over 16 bytes',
  ],
  'more than fits until the connection ends': [
    ok('', 'x'.repeat(17)),
    'too-large: body over 16 bytes',
  ],
}

for (const [name, [bytes, outcome]] of Object.entries(streams)) {
  test(`${name}, cut anywhere`, () => {
    const stream = Buffer.from(bytes, 'latin1')
    for (const pieces of cuttings(stream)) assert.equal(outcomeOf(pieces), outcome)
  })
}

test('a connection closed before the first byte', () => {
  const parser = new ReplyParser({ body: BODY })
  parser.finish()
  assert.equal(parser.state, 'invalid')
  assert.equal(parser.reason, 'closed without a reply')
  parser.free()
})

test('a head of exactly the limit is taken, a longer one is too large, interim heads included', () => {
  const reply = ok('Content-Length: 2\r\n')
  const interim = 'HTTP/1.1 100 Continue\r\n\r\n'
  const limit = interim.length + reply.length
  for (const [text, expected] of [
    [`${interim}${reply}hi`, '200 keep "hi"'],
    [`${interim}${ok('Content-Length: 02\r\n', 'hi')}`, `too-large: headers over ${limit} bytes`],
    [interim.repeat(20), `too-large: headers over ${limit} bytes`],
  ]) {
    const stream = Buffer.from(text)
    for (const lengths of [[stream.length], [7, 1], [1]]) {
      assert.equal(outcomeOf(inPieces(stream, lengths), limit), expected)
    }
  }
})

test('each reply of a connection has its own limit', () => {
  const reply = Buffer.from(ok('Content-Length: 2\r\n', 'hi'))
  const parser = new ReplyParser({ body: BODY, maxHeaderBytes: reply.length })
  for (let i = 0; i < 3; i += 1) {
    parser.execute(reply)
    assert.equal(parser.state, 'complete')
    parser.next()
  }
  parser.free()
})

test('a reply consumes its own bytes and no more', () => {
  const parser = new ReplyParser({ body: BODY })
  const first = ok('Content-Length: 2\r\n', 'hi')
  const stream = Buffer.from(`junk${first}${first}`)
  assert.equal(parser.execute(stream, 4), first.length)
  assert.throws(() => parser.execute(stream, 4 + first.length), /call next\(\) first/)
  parser.next()
  assert.equal(parser.execute(stream, 4 + first.length), first.length)
  assert.equal(parser.state, 'complete')
  parser.free()
})

test('bytes behind an error are consumed and ignored', () => {
  const parser = new ReplyParser({ body: BODY })
  assert.equal(parser.execute(Buffer.from('junk\r\n')), 6)
  assert.equal(
    parser.execute(Buffer.from(ok('Content-Length: 0\r\n'))),
    ok('Content-Length: 0\r\n').length,
  )
  parser.finish()
  assert.match(parser.reason, /^Expected HTTP/)
  parser.free()
})

const BODY = new Uint8Array(new SharedArrayBuffer(16))

function outcomeOf(pieces: Uint8Array[], maxHeaderBytes = 8_192): string {
  const parser = new ReplyParser({ body: BODY, maxHeaderBytes })
  const outcomes: string[] = []
  for (const piece of pieces) {
    let at = 0
    while (at < piece.length) {
      at += parser.execute(piece, at)
      if (parser.state === 'complete') outcomes.push(take(parser))
    }
  }
  if (outcomes.length === 0) parser.finish()
  if (parser.state === 'complete') outcomes.push(take(parser))
  if (parser.state === 'invalid' || parser.state === 'too-large') {
    outcomes.push(`${parser.state}: ${parser.reason}`)
  }
  parser.free()
  return outcomes.join(' | ')
}

function take(parser: ReplyParser): string {
  const body = Buffer.from(BODY.slice(0, parser.bodyLength)).toString('latin1')
  const reply = `${parser.status} ${parser.keepAlive ? 'keep' : 'close'} "${body}"`
  parser.next()
  return reply
}
