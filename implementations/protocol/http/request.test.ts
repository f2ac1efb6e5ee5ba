import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeRequest } from './request.ts'
import { RequestParser } from './request-parser.ts'

test('a request without a body', () => {
  const bytes = writeRequest({
    method: 'GET',
    target: '/a?b',
    host: '127.0.0.1:80',
    keepAlive: true,
  })
  assert.equal(text(bytes), 'GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n')
})

test('a request with a body, closing', () => {
  const body = { bytes: Buffer.from('{}'), contentType: 'application/json' }
  assert.equal(
    text(writeRequest({ method: 'POST', target: '/', host: 'a', body, keepAlive: false })),
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n' +
      'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  )
})

test('what is written is what the request parser reads', () => {
  const memory = new Uint8Array(10)
  const parser = new RequestParser({ body: memory })
  for (const bytes of [new Uint8Array(0), Uint8Array.of(0, 13, 10, 255)]) {
    const body = { bytes, contentType: 'application/octet-stream' }
    parser.execute(writeRequest({ method: 'POST', target: '/x', host: 'a', body, keepAlive: true }))
    assert.equal(parser.state, 'complete')
    assert.equal(`${parser.method} ${parser.target} ${parser.keepAlive}`, 'POST /x true')
    assert.deepEqual(memory.slice(0, parser.bodyLength), Uint8Array.from(bytes))
    parser.next()
  }
  parser.free()
})

test('no part of a request may reach out of its place', () => {
  const request = { method: 'GET', target: '/', host: 'a', keepAlive: true }
  for (const wrong of [
    { method: 'GET /' },
    { target: '/ HTTP/1.1\r\nX: y' },
    { target: '' },
    { host: 'a\r\nX: y' },
    { target: '/é' },
    { body: { bytes: new Uint8Array(0), contentType: 'a\r\nX: y' } },
  ]) {
    assert.throws(() => writeRequest({ ...request, ...wrong }), /^Error: HTTP request: the /)
  }
})

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
