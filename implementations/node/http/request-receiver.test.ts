import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_BODY_BYTES, MAX_HEADERS_BYTES } from '../../protocol/http/limits.ts'
import { HttpConnectionMemory } from '../../threads/http-connection-memory.ts'
import { RequestReceiver } from './request-receiver.ts'

const requests = [
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirst',
  'GET /b HTTP/1.0\r\n\r\n',
  'PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nlas\r\n1\r\nt\r\n0\r\n\r\n',
]
const expected = [
  { method: 'POST', target: '/a', body: 'first', keepAlive: true, versionMinor: 1 },
  { method: 'GET', target: '/b', body: '', keepAlive: false, versionMinor: 0 },
  { method: 'other', target: '/c', body: 'last', keepAlive: true, versionMinor: 1 },
]

/** What comes out when each request is answered as soon as it is there, or all at the end. */
function received(pieces: readonly string[], answered: 'at once' | 'at the end') {
  const memory = HttpConnectionMemory.create()
  const receiver = new RequestReceiver(memory)
  const all: object[] = []
  const takeComplete = () => {
    while (receiver.state === 'complete') {
      const { bodyLength, ...request } = receiver.request
      const body = Buffer.from(memory.body.subarray(0, bodyLength)).toString('latin1')
      all.push({ ...request, body })
      receiver.next()
    }
  }
  for (const piece of pieces) {
    receiver.receive(Buffer.from(piece, 'latin1'))
    if (answered === 'at once') takeComplete()
  }
  takeComplete()
  assert.equal(receiver.hasKept, false)
  return all
}

const stream = requests.join('')

for (const answered of ['at once', 'at the end'] as const) {
  test(`requests in one piece and byte by byte, answered ${answered}`, () => {
    assert.deepEqual(received([stream], answered), expected)
    assert.deepEqual(received(stream.split(''), answered), expected)
  })

  test(`requests split in two anywhere, answered ${answered}`, () => {
    for (let at = 1; at < stream.length; at++) {
      const pieces = [stream.slice(0, at), stream.slice(at)]
      assert.deepEqual(received(pieces, answered), expected, `split at ${at}`)
    }
  })
}

test('bytes behind an error are dropped', () => {
  const receiver = new RequestReceiver(HttpConnectionMemory.create())
  receiver.receive(Buffer.from(`NONSENSE\r\n\r\n${stream}`))
  receiver.receive(Buffer.from(stream))
  assert.equal(receiver.state, 'invalid')
  assert.equal(receiver.refusal, 400)
  assert.equal(receiver.hasKept, false)
})

test('a kept request is invalid only once its turn has come', () => {
  const receiver = new RequestReceiver(HttpConnectionMemory.create())
  receiver.receive(Buffer.from(`${requests[0]}NONSENSE\r\n\r\n`))
  assert.equal(receiver.state, 'complete')
  receiver.next()
  assert.equal(receiver.state, 'invalid')
})

test('another connection begins with nothing of the one before', () => {
  const receiver = new RequestReceiver(HttpConnectionMemory.create())
  receiver.receive(Buffer.from(stream.slice(0, -1)))
  receiver.restart()
  assert.equal(receiver.state, 'incomplete')
  assert.equal(receiver.hasKept, false)
  receiver.receive(Buffer.from(requests[1]))
  assert.equal(receiver.request.target, '/b')
})

test('a large body marks the memory, complete or not', () => {
  const memory = HttpConnectionMemory.create()
  const receiver = new RequestReceiver(memory)
  receiver.receive(Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n'))
  receiver.receive(Buffer.alloc(2 << 20))
  assert.equal(memory.isLarge, false)
  receiver.receive(Buffer.alloc(1))
  assert.equal(memory.isLarge, true)
})

test('the memory holds the longest target and the longest body that the parser lets through', () => {
  const memory = HttpConnectionMemory.create()
  assert.equal(memory.body.length, MAX_BODY_BYTES)
  const receiver = new RequestReceiver(memory)
  const rest = ' HTTP/1.0\r\n\r\n'
  const target = '/'.repeat(MAX_HEADERS_BYTES - 'GET '.length - rest.length)
  receiver.receive(Buffer.from(`GET ${target}${rest}`))
  assert.equal(receiver.state, 'complete')
  memory.startRequest(receiver.request)
  assert.equal(memory.request.target, target)
})
