import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cuttings, inPieces } from './fixtures/cuttings.ts'
import { RequestParser } from './request-parser.ts'

const HOST = 'Host: a\r\n'
const CHUNKED = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`
const get = (headers: string) => `GET / HTTP/1.1\r\n${headers}\r\n`
const post = (headers: string, body: string) => `POST / HTTP/1.1\r\n${HOST}${headers}\r\n${body}`

/** What each stream of bytes is: its complete requests, then the refusal, or `…` if more is due. */
const streams: Readonly<Record<string, [bytes: string, outcome: string]>> = {
  'a request': [get(HOST), 'GET / 1.1 keep'],
  'Connection: close': [get(`${HOST}Connection: close\r\n`), 'GET / 1.1 close'],
  'Connection: Close, in any case': [get(`${HOST}connection: CLOSE\r\n`), 'GET / 1.1 close'],
  'HTTP/1.0': ['GET / HTTP/1.0\r\n\r\n', 'GET / 1.0 close'],
  'HTTP/1.0 that asks to stay': [
    'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
    'GET / 1.0 keep',
  ],
  'a method no route serves': [`PATCH / HTTP/1.1\r\n${HOST}\r\n`, 'PATCH / 1.1 keep'],
  'a long target': [
    `GET /${'x'.repeat(40)}?a=%20 HTTP/1.1\r\n${HOST}\r\n`,
    `GET /${'x'.repeat(40)}?a=%20 1.1 keep`,
  ],
  'an absolute target': [`GET http://a/b HTTP/1.1\r\n${HOST}\r\n`, 'GET http://a/b 1.1 keep'],
  'white space around values': [get('Host: \t a \t \r\nX:\r\n'), 'GET / 1.1 keep'],
  'names in any case': [
    `POST / HTTP/1.1\r\nhOST: a\r\ncontent-LENGTH: 2\r\n\r\nhi`,
    'POST / 1.1 keep "hi"',
  ],
  'names that start like others': [
    get(`Hos: b\r\nHosts: b\r\n${HOST}Content-Lengt: 9\r\nContent-Length-X: 9\r\nExpec: x\r\n`),
    'GET / 1.1 keep',
  ],
  'an empty Host': [get('Host:\r\n'), 'GET / 1.1 keep'],
  'a high byte in a value': [get(`${HOST}X: \xff\r\n`), 'GET / 1.1 keep'],
  'a body': [post('Content-Length: 5\r\n', 'hello'), 'POST / 1.1 keep "hello"'],
  'a length with zeros before it': [
    post('Content-Length: 0005 \r\n', 'hello'),
    'POST / 1.1 keep "hello"',
  ],
  'an empty body': [post('Content-Length: 0\r\n', ''), 'POST / 1.1 keep'],
  'three pipelined requests': [
    `${get(HOST)}${post('Content-Length: 2\r\n', 'hi')}${get(`${HOST}Connection: close\r\n`)}`,
    'GET / 1.1 keep | POST / 1.1 keep "hi" | GET / 1.1 close',
  ],
  'an invalid request after a valid one': [
    `${get(HOST)}GET / HTTP/1.1\r\n\r\n`,
    'GET / 1.1 keep | 400 no Host',
  ],
  'empty lines before a request': [`\r\n\r\n${get(HOST)}`, 'GET / 1.1 keep'],
  'an empty line after a body': [
    `${post('Content-Length: 2\r\n', 'hi')}\r\n${get(HOST)}`,
    'POST / 1.1 keep "hi" | GET / 1.1 keep',
  ],

  'a chunked body': [`${CHUNKED}5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`, 'POST / 1.1 keep "hello!"'],
  'chunk sizes in hex': [
    `${CHUNKED}000a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    'POST / 1.1 keep "01234567890123456789"',
  ],
  'chunk extensions and trailers': [
    `${CHUNKED}2;a=b;c="d e"\r\nhi\r\n0;x\r\nHost: b\r\nExpect: c\r\n\r\n${get(HOST)}`,
    'POST / 1.1 keep "hi" | GET / 1.1 keep',
  ],
  'an empty chunked body': [`${CHUNKED}0\r\n\r\n`, 'POST / 1.1 keep'],
  'Transfer-Encoding: Chunked': [
    post('transfer-encoding: Chunked \r\n', '1\r\nx\r\n0\r\n\r\n'),
    'POST / 1.1 keep "x"',
  ],

  'an Upgrade field': [
    `${get(`${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n`)}${get(HOST)}`,
    'GET / 1.1 keep | GET / 1.1 keep',
  ],
  'an Upgrade field and a body': [
    `${post('Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n', 'hi')}${get(HOST)}`,
    'POST / 1.1 keep "hi" | GET / 1.1 keep',
  ],
  CONNECT: [`CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n\x16\x03`, '405 no tunnels'],

  'white space before a colon': [get('Host : a\r\n'), '400 Invalid header token'],
  'a folded header': [get(`${HOST}X: a\r\n b\r\n`), '400 Unexpected whitespace after header value'],
  'white space before the first header': [get(` ${HOST}`), '400 Unexpected space after start line'],
  'an empty header name': [get(`${HOST}: a\r\n`), '400 Invalid header token'],
  'no Host': [get('X: a\r\n'), '400 no Host'],
  'two Hosts': [get(`${HOST}${HOST}`), '400 more than one Host'],
  'two Hosts, one of them empty': [get(`Host:\r\n${HOST}`), '400 more than one Host'],
  'two Hosts in HTTP/1.0': [`GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`, '400 more than one Host'],
  'Host among the trailers only': [
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: a\r\n\r\n',
    '400 no Host',
  ],
  'NUL in the target': [`GET /\0 HTTP/1.1\r\n${HOST}\r\n`, '400 Invalid char in url path'],
  'a high byte in the target': [
    `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`,
    '400 Invalid char in url path',
  ],
  'a space in the target': [
    `GET /a b HTTP/1.1\r\n${HOST}\r\n`,
    '400 Expected HTTP/, RTSP/ or ICE/',
  ],
  'a relative target': [`GET a HTTP/1.1\r\n${HOST}\r\n`, '400 Invalid characters in url'],
  'NUL in a value': [get('Host: a\0b\r\n'), '400 Invalid header value char'],
  'CR in a value': [get('Host: a\rb\r\n'), '400 Missing expected LF after header value'],
  'LF for CRLF after the request line': [
    `GET / HTTP/1.1\n${HOST}\r\n`,
    '400 Expected CRLF after version',
  ],
  'LF for CRLF after a header': [
    'GET / HTTP/1.1\r\nHost: a\n\r\n',
    '400 Missing expected CR after header value',
  ],
  'CR before the request line': [
    `\r\n\r${get(HOST)}`,
    '400 CR or LF alone before the request line',
  ],
  'LF before the request line': [`\n${get(HOST)}`, '400 CR or LF alone before the request line'],

  'no version': ['GET /\r\n\r\n', '400 no HTTP version'],
  'HTTP/0.9': ['GET / HTTP/0.9\r\n\r\n', '400 no HTTP version'],
  'HTTP/1.2': ['GET / HTTP/1.2\r\n\r\n', '505 unknown HTTP version'],
  'HTTP/2.0': [`GET / HTTP/2.0\r\n${HOST}\r\n`, '505 unknown HTTP version'],
  'HTTP/9.9': ['GET / HTTP/9.9\r\n\r\n', '505 unknown HTTP version'],
  'HTTP/1.00': ['GET / HTTP/1.00\r\n\r\n', '400 Expected CRLF after version'],
  'HTTP/x.1': ['GET / HTTP/x.1\r\n\r\n', '400 Invalid major version'],
  'http/1.1': ['GET / http/1.1\r\n\r\n', '400 Expected HTTP/, RTSP/ or ICE/'],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '505 HTTP/2'],

  'an unknown method': [`BREW / HTTP/1.1\r\n${HOST}\r\n`, '405 unknown method'],
  'a method longer than a known one': [`GETS / HTTP/1.1\r\n${HOST}\r\n`, '405 unknown method'],
  'a method in lower case': [`get / HTTP/1.1\r\n${HOST}\r\n`, '405 unknown method'],
  'a method of RTSP': [`PLAY / HTTP/1.1\r\n${HOST}\r\n`, '405 unknown method'],
  'a TLS client': ['\x16\x03\x01\x02\x00', '400 no method'],
  'a word and no request': ['hello\r\n\r\n', '400 no method'],
  'a tab after the method': [`GET\t/ HTTP/1.1\r\n${HOST}\r\n`, '400 no method'],

  'two lengths that differ': [
    post('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello'),
    '400 Duplicate Content-Length',
  ],
  'two lengths that agree': [
    post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello'),
    '400 Duplicate Content-Length',
  ],
  'a list of lengths': [
    post('Content-Length: 5, 5\r\n', 'hello'),
    '400 Invalid character in Content-Length',
  ],
  'a length +1_0': [
    post('Content-Length: +1_0\r\n', ''),
    '400 Invalid character in Content-Length',
  ],
  'a length of -48': [
    post('Content-Length: -48\r\n', ''),
    '400 Invalid character in Content-Length',
  ],
  'an empty length': [post('Content-Length:\r\n', ''), '400 Empty Content-Length'],
  'a length 1Z': [post('Content-Length: 1Z\r\n', ''), '400 Invalid character in Content-Length'],
  'a length over 64 bits': [
    post(`Content-Length: ${'9'.repeat(30)}\r\n`, ''),
    '400 Content-Length overflow',
  ],
  'a length, then chunked': [
    post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${get(HOST)}`),
    "400 Transfer-Encoding can't be present with Content-Length",
  ],
  'chunked, then a length': [
    post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${get(HOST)}`),
    "400 Content-Length can't be present with Transfer-Encoding",
  ],
  'chunked, identity': [
    post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    '400 Invalid `Transfer-Encoding` header value',
  ],
  'chunked twice': [
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    '400 Invalid `Transfer-Encoding` header value',
  ],
  'gzip, chunked': [
    post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    '501 unknown transfer coding',
  ],
  'gzip, and chunked in a field of its own': [
    post('Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    '501 unknown transfer coding',
  ],
  'gzip alone': [post('Transfer-Encoding: gzip\r\n', ''), '501 unknown transfer coding'],
  xchunked: [post('Transfer-Encoding: xchunked\r\n', ''), '501 unknown transfer coding'],
  'an empty transfer coding': [
    post('Transfer-Encoding:\r\n', get(HOST)),
    '501 unknown transfer coding',
  ],
  'chunked in HTTP/1.0': [
    'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '400 Transfer-Encoding in HTTP/1.0',
  ],
  'a chunk size 0_2e': [`${CHUNKED}0_2e\r\n`, '400 Invalid character in chunk size'],
  'a chunk size 0x1': [`${CHUNKED}0x1\r\n`, '400 Invalid character in chunk size'],
  'a chunk size XVI': [`${CHUNKED}XVI\r\n`, '400 Invalid character in chunk size'],
  'a chunk size -1': [`${CHUNKED}-1\r\n`, '400 Invalid character in chunk size'],
  'an empty chunk size': [`${CHUNKED}\r\n`, '400 Invalid character in chunk size'],
  'a chunk size over 64 bits': [`${CHUNKED}${'f'.repeat(17)}\r\n`, '400 Chunk size overflow'],
  'a space after a chunk size': [`${CHUNKED}1 \r\nx\r\n`, '400 Invalid character in chunk size'],
  'LF for CRLF after a chunk size': [
    `${CHUNKED}1\nx\r\n`,
    '400 Missing expected CR after chunk size',
  ],
  'a chunk longer than its size': [`${CHUNKED}1\r\nxy\r\n`, '400 Expected LF after chunk data'],
  'an unknown expectation': [
    post('Expect: a reply\r\nContent-Length: 2\r\n', 'hi'),
    '417 unknown expectation',
  ],
  'an unknown expectation, and a known one in a field of its own': [
    post('Expect: a reply\r\nExpect: 100-continue\r\nContent-Length: 2\r\n', 'hi'),
    '417 unknown expectation',
  ],
  'an unknown expectation in HTTP/1.0': [
    'POST / HTTP/1.0\r\nExpect: a reply\r\nContent-Length: 2\r\n\r\nhi',
    'POST / 1.0 close "hi"',
  ],
}

for (const [name, [bytes, outcome]] of Object.entries(streams)) {
  test(`${name}, cut anywhere`, () => {
    const stream = Buffer.from(bytes, 'latin1')
    for (const pieces of cuttings(stream)) assert.equal(outcomeOf(pieces), outcome)
  })
}

test('any prefix of a valid request is incomplete', () => {
  const valid = Object.values(streams).filter(([, outcome]) =>
    /^[A-Z]+ \S+ 1\.\d \w+( "\w*")?$/.test(outcome),
  )
  assert.ok(valid.length > 10)
  for (const [bytes] of valid) {
    const stream = Buffer.from(bytes, 'latin1')
    for (let length = 0; length < stream.length; length += 1) {
      assert.equal(outcomeOf([stream.subarray(0, length)]), length === 0 ? '' : '…')
    }
  }
})

test('any bytes, cut anywhere, are what they are in one piece', () => {
  const alphabet = fc.constantFrom(
    'GET ',
    'POST ',
    '/',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '\r\n',
    '\r',
    '\n',
    ' ',
    '\0',
    '0',
    HOST,
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'Expect: 100-continue\r\n',
    'Expect: x\r\n',
    '3\r\nabc\r\n',
    '0\r\n\r\n',
    'abc',
    get(HOST),
    CHUNKED,
  )
  const texts = fc.array(alphabet, { minLength: 1, maxLength: 12 }).map(words => words.join(''))
  const lengths = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(texts, lengths, (text, pieceLengths) => {
      const stream = Buffer.from(text, 'latin1')
      assert.equal(outcomeOf(inPieces(stream, pieceLengths)), outcomeOf([stream]))
    }),
    { numRuns: 500 },
  )
})

test('a request consumes its own bytes and no more', () => {
  const parser = newParser()
  const first = post('Content-Length: 2\r\n', 'hi')
  const stream = Buffer.from(`junk${first}${get(HOST)}more`)
  assert.equal(parser.execute(stream, 4, stream.length - 4), first.length)
  assert.equal(parser.state, 'complete')
  parser.next()
  assert.equal(parser.execute(stream, 4 + first.length, stream.length - 4), get(HOST).length)
  assert.equal(parser.method, 'GET')
  parser.free()
})

test('a complete request must be taken before more is parsed', () => {
  const parser = newParser()
  parser.execute(Buffer.from(get(HOST)))
  assert.throws(() => parser.execute(Buffer.from(get(HOST))), /call next\(\) first/)
  parser.free()
})

test('bytes behind an error are consumed and ignored', () => {
  const parser = newParser()
  const bytes = Buffer.from(`GET / HTTP/1.1\r\n\r\n${get(HOST)}`)
  assert.equal(parser.execute(bytes), bytes.length)
  assert.equal(parser.execute(Buffer.from(get(HOST))), get(HOST).length)
  assert.equal(parser.state, 'invalid')
  parser.free()
})

test('the parser of a refused connection serves the next connection', () => {
  const parser = newParser()
  parser.execute(
    Buffer.from(post('Expect: 100-continue\r\nContent-Length: 9\r\nContent-Length: 9\r\n', '')),
  )
  assert.equal(parser.state, 'invalid')
  parser.next()
  assert.equal(outcomeOf([Buffer.from(get(HOST))], parser), 'GET / 1.1 keep')
  parser.free()
})

test('a client that waits for 100 Continue is told of once, when its head is complete', () => {
  const parser = newParser()
  const head = Buffer.from(post('expect: 100-Continue\r\nContent-Length: 2\r\n', ''))
  parser.execute(head, 0, head.length - 1)
  assert.equal(parser.takeExpectsContinue(), false)
  parser.execute(head, head.length - 1)
  assert.equal(parser.takeExpectsContinue(), true)
  assert.equal(parser.takeExpectsContinue(), false)
  parser.execute(Buffer.from('hi'))
  assert.equal(parser.state, 'complete')
  parser.next()
  parser.execute(head)
  assert.equal(parser.takeExpectsContinue(), true)
  parser.free()
})

test('a client that has begun to send the body, has none, or speaks HTTP/1.0 does not wait', () => {
  const heads = [
    post('Expect: 100-continue\r\nContent-Length: 2\r\n', 'h'),
    post('Expect: 100-continue\r\nContent-Length: 2\r\n', 'hi'),
    post('Expect: 100-continue\r\n', ''),
    post('Content-Length: 2\r\n', ''),
    'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
  ]
  for (const head of heads) {
    const parser = newParser()
    parser.execute(Buffer.from(head))
    assert.equal(parser.takeExpectsContinue(), false)
    parser.free()
  }
})

test('the body is put at the start of shared memory', () => {
  const body = new Uint8Array(new SharedArrayBuffer(100))
  const parser = new RequestParser({ body })
  for (const text of ['hello', 'you']) {
    parser.execute(Buffer.from(post(`Content-Length: ${text.length}\r\n`, text)))
    assert.equal(Buffer.from(body.slice(0, parser.bodyLength)).toString(), text)
    parser.next()
  }
  parser.free()
})

const BODY = new Uint8Array(64)

function newParser(): RequestParser {
  return new RequestParser({ body: BODY })
}

function outcomeOf(pieces: Uint8Array[], given?: RequestParser): string {
  const parser = given ?? newParser()
  const outcomes: string[] = []
  let unfinished = false
  for (const piece of pieces) {
    let at = 0
    while (at < piece.length) {
      at += parser.execute(piece, at)
      unfinished = parser.state === 'incomplete'
      if (parser.state !== 'complete') continue
      outcomes.push(describe(parser))
      parser.next()
    }
  }
  if (parser.state === 'invalid') outcomes.push(`${parser.status} ${parser.reason}`)
  if (unfinished) outcomes.push('…')
  if (given === undefined) parser.free()
  return outcomes.join(' | ')
}

function describe({ method, target, versionMinor, keepAlive, bodyLength }: RequestParser): string {
  const body = bodyLength === 0 ? '' : ` "${Buffer.from(BODY.slice(0, bodyLength)).toString()}"`
  return `${method} ${target} 1.${versionMinor} ${keepAlive ? 'keep' : 'close'}${body}`
}
