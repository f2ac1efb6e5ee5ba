import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inPieces } from './fixtures/cuttings.ts'
import { MAX_HEADERS_BYTES } from './limits.ts'
import { RequestParser } from './request-parser.ts'

const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const BODY_BYTES = 1_000

test('headers of 8,192 bytes in total are taken, one more is 431', () => {
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n'
  const of = (sizeBytes: number) => head.replace('X: ', `X: ${'x'.repeat(sizeBytes - head.length)}`)
  assert.equal(outcome(of(MAX_HEADERS_BYTES)), 'complete')
  assert.equal(outcome(of(MAX_HEADERS_BYTES + 1)), '431 headers over 8192 bytes')
})

test('headers that never end are 431', () => {
  const head = 'GET / HTTP/1.1\r\nHost: a\r\n'
  assert.equal(outcome(head + 'X: y\r\n'.repeat(2_000)), '431 headers over 8192 bytes')
  assert.equal(outcome(`${head}X:${' '.repeat(9_000)}`), '431 headers over 8192 bytes')
  assert.equal(outcome(head + 'x'.repeat(9_000)), '431 headers over 8192 bytes')
})

test('a request line that alone passes the limit is 414', () => {
  assert.equal(outcome(`GET /${'x'.repeat(9_000)}`), '414 request line over 8192 bytes')
  assert.equal(outcome(`GET${' '.repeat(9_000)}`), '414 request line over 8192 bytes')
  assert.equal(outcome('X'.repeat(9_000)), '414 request line over 8192 bytes')
})

test('empty lines count as headers', () => {
  const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  const before = '\r\n'.repeat((MAX_HEADERS_BYTES - request.length) >> 1)
  assert.equal(outcome(before + request), 'complete')
  assert.equal(outcome(`\r\n${before}${request}`), '431 headers over 8192 bytes')
  assert.equal(outcome('\r\n'.repeat(9_000)), '400 empty lines over 8192 bytes')
})

test('trailers count as headers, white space in them too', () => {
  const head = `${CHUNKED}1\r\nx\r\n0\r\n`
  const room = MAX_HEADERS_BYTES - CHUNKED.length - 'X: \r\n\r\n'.length
  assert.equal(outcome(`${head}X: ${'x'.repeat(room)}\r\n\r\n`), 'complete')
  const refused = '431 headers and trailers over 8192 bytes'
  assert.equal(outcome(`${head}X: ${'x'.repeat(room + 1)}\r\n\r\n`), refused)
  assert.equal(outcome(`${head}X: ${' '.repeat(room + 1)}\r\n\r\n`), refused)
  assert.equal(outcome(head + 'X: y\r\n'.repeat(2_000)), refused)
})

test('the framing of a long chunked body does not count as headers', () => {
  assert.equal(outcome(`${CHUNKED}${'1\r\nx\r\n'.repeat(BODY_BYTES)}0\r\n\r\n`, 2_000), 'complete')
})

test('a Content-Length over the limit is 413 before any of the body is taken', () => {
  const post = (length: number) =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${'b'.repeat(length)}`
  assert.equal(outcome(post(BODY_BYTES)), 'complete')
  const body = new Uint8Array(BODY_BYTES)
  assert.equal(outcome(post(BODY_BYTES + 1), MAX_HEADERS_BYTES, body), '413 body over 1000 bytes')
  assert.ok(body.every(byte => byte === 0))
})

test('chunks that together pass the limit are 413', () => {
  const halves = 'fa\r\n'.concat('x'.repeat(250), '\r\n').repeat(BODY_BYTES / 250)
  assert.equal(outcome(`${CHUNKED}${halves}0\r\n\r\n`), 'complete')
  assert.equal(outcome(`${CHUNKED}${halves}1\r\nx`), '413 body over 1000 bytes')
})

test('chunk extensions without end are 413', () => {
  assert.equal(
    outcome(`${CHUNKED}1;${'x'.repeat(20_000)}`),
    '413 chunk extensions larger than any body',
  )
})

test('each request of a connection has its own limits', () => {
  const parser = new RequestParser({ body: new Uint8Array(BODY_BYTES), maxHeaderBytes: 200 })
  const trailers = `${CHUNKED}1\r\nx\r\n0\r\nX: ${'y'.repeat(100)}\r\n\r\n`
  const longBody = `${CHUNKED}${'1\r\nx\r\n'.repeat(100)}0\r\n\r\n`
  for (const text of [trailers, longBody, trailers, longBody]) {
    parser.execute(Buffer.from(text))
    assert.equal(parser.state, 'complete')
    parser.next()
  }
  parser.execute(Buffer.from(`GET /${'x'.repeat(200)}`))
  assert.equal(parser.status, 414)
  parser.free()
})

/** Checked to be the same whole, in pieces of several lengths, and byte by byte. */
function outcome(
  text: string,
  maxHeaderBytes = MAX_HEADERS_BYTES,
  body = new Uint8Array(BODY_BYTES),
): string {
  const stream = Buffer.from(text, 'latin1')
  const outcomes = [[stream.length], [8_191, 1], [8_192, 1], [1_000, 7], [1]].map(lengths => {
    const parser = new RequestParser({ body, maxHeaderBytes })
    for (const piece of inPieces(stream, lengths)) {
      assert.notEqual(parser.state, 'complete')
      assert.equal(parser.execute(piece), piece.length)
    }
    const { state, status, reason } = parser
    parser.free()
    return state === 'invalid' ? `${status} ${reason}` : state
  })
  assert.deepEqual(new Set(outcomes), new Set([outcomes[0]]))
  return outcomes[0]
}
