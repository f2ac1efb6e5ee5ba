import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_SV2_PAYLOAD_LENGTH, SV2_HEADER_SIZE, writeFrame } from './frame.ts'

test('a frame is extension type, message type, 24-bit length and payload, little-endian', () => {
  const target = Buffer.alloc(16, 0xee)
  assert.equal(writeFrame(target, 2, 0x8001, 0x71, Buffer.from('a1a2a3', 'hex')), 9)
  assert.equal(target.toString('hex'), `eeee${'0180'}${'71'}${'030000'}${'a1a2a3'}eeeeeeeeee`)
})

test('the length uses all three bytes', () => {
  const payload = new Uint8Array(0x010203)
  const target = new Uint8Array(SV2_HEADER_SIZE + payload.length)
  assert.equal(writeFrame(target, 0, 0, 0xf0, payload), target.length)
  assert.deepEqual([...target.subarray(0, SV2_HEADER_SIZE)], [0, 0, 0xf0, 3, 2, 1])
})

test('a payload beyond 24 bits of length is refused, not truncated', () => {
  const payload = new Uint8Array(MAX_SV2_PAYLOAD_LENGTH + 1)
  const target = new Uint8Array(SV2_HEADER_SIZE + payload.length)
  assert.throws(() => writeFrame(target, 0, 0, 0, payload), RangeError)
  assert.deepEqual([...target.subarray(0, SV2_HEADER_SIZE)], [0, 0, 0, 0, 0, 0])
})
