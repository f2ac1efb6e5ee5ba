import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodePushRequest, MAX_PUSH_REQUEST, PushRequestTransport } from './push-request.ts'

test('a request is a count of 32 bits, little-endian', () => {
  assert.deepEqual([...encodePushRequest(0x01020304)], [4, 3, 2, 1])
  assert.deepEqual([...encodePushRequest(MAX_PUSH_REQUEST)], [255, 255, 255, 255])
  assert.throws(() => encodePushRequest(MAX_PUSH_REQUEST + 1), RangeError)
})

test('a request split anywhere is taken with its last byte', () => {
  const bytes = encodePushRequest(MAX_PUSH_REQUEST)
  for (let at = 1; at < bytes.length; at++) {
    const transport = new PushRequestTransport()
    assert.equal(transport.receivedBytes(bytes.subarray(0, at)), 0)
    assert.equal(transport.receivedBytes(bytes.subarray(at)), MAX_PUSH_REQUEST)
    assert.equal(transport.receivedBytes(bytes), MAX_PUSH_REQUEST)
  }
})

test('of several requests the last one counts, and the piece behind it is kept', () => {
  const transport = new PushRequestTransport()
  const three = Buffer.concat([5, 6, 7].map(encodePushRequest))
  assert.equal(transport.receivedBytes(three.subarray(0, 9)), 6)
  assert.equal(transport.receivedBytes(three.subarray(9)), 7)
})

test('who asks for something and then for nothing gets it, however that is split', () => {
  const bytes = Buffer.concat([5, 0].map(encodePushRequest))
  for (let at = 4; at <= bytes.length; at++) {
    const transport = new PushRequestTransport()
    assert.equal(transport.receivedBytes(bytes.subarray(0, at)), 5)
    assert.equal(transport.receivedBytes(bytes.subarray(at)), 0)
  }
})
