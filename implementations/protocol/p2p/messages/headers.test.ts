import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_HEADER_SIZE, blockHash } from '../block-header.ts'
import { MAX_HEADERS_RESULTS, REGTEST_GENESIS_HASH, REGTEST_GENESIS_HEADER } from '../constants.ts'
import { Malformed } from '../malformed.ts'
import { decodeHeaders, encodeHeaders } from './headers.ts'

function decoded(payload: Uint8Array): Int32Array {
  const offsets = decodeHeaders(payload)
  assert.ok(offsets instanceof Int32Array, offsets instanceof Malformed ? offsets.reason : '')
  return offsets
}

test('any headers are found back in the payload', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 255 }), (count, seed) => {
      const headers = Buffer.from(
        Array.from({ length: count * BLOCK_HEADER_SIZE }, (_, i) => (i * seed) % 251),
      )
      const payload = encodeHeaders(headers)
      const offsets = decoded(payload)
      const views = [...offsets].map(at => payload.subarray(at, at + BLOCK_HEADER_SIZE))
      assert.equal(offsets.length, count)
      assert.deepEqual(Buffer.concat(views), headers)
    }),
  )
})

test('the genesis header alone is a count, 80 bytes and no transactions', () => {
  const payload = encodeHeaders(REGTEST_GENESIS_HEADER)
  assert.equal(payload.length, 82)
  assert.deepEqual([payload[0], payload[81]], [1, 0])
  assert.equal(blockHash(payload, decoded(payload)[0]), REGTEST_GENESIS_HASH)
})

test('2,000 headers are read; 2,001 are over the limit, even before they are all there', () => {
  assert.equal(
    decoded(encodeHeaders(new Uint8Array(MAX_HEADERS_RESULTS * BLOCK_HEADER_SIZE))).length,
    MAX_HEADERS_RESULTS,
  )
  const over = decodeHeaders(
    encodeHeaders(new Uint8Array((MAX_HEADERS_RESULTS + 1) * BLOCK_HEADER_SIZE)).subarray(0, 100),
  )
  assert.ok(over instanceof Malformed)
  assert.equal(over.kind, 'overLimit')
})

test('a transaction count that is not 0 is skipped at its own length, as in Core', () => {
  const payload = Buffer.concat([
    Buffer.from([2]),
    REGTEST_GENESIS_HEADER,
    Buffer.from([0xfd, 0x00, 0x01]),
    REGTEST_GENESIS_HEADER,
    Buffer.from([3]),
  ])
  assert.deepEqual([...decoded(payload)], [1, 84])
})

test('every proper prefix is unreadable; bytes behind the last header are ignored', () => {
  const payload = encodeHeaders(new Uint8Array(2 * BLOCK_HEADER_SIZE))
  for (let length = 0; length < payload.length; length++) {
    const prefix = decodeHeaders(payload.subarray(0, length))
    assert.ok(prefix instanceof Malformed && prefix.kind === 'unreadable')
  }
  assert.equal(decoded(Buffer.concat([payload, Buffer.from([9])])).length, 2)
})
