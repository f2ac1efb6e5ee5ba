import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_LOCATOR_SZ } from '../constants.ts'
import { Malformed } from '../malformed.ts'
import { decodeGetHeaders, encodeGetHeaders, NO_HASH_STOP } from './getheaders.ts'

const hash256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(raw => Buffer.from(raw).toString('latin1'))

test('any locator and stop are read back', () => {
  fc.assert(
    fc.property(fc.array(hash256, { maxLength: MAX_LOCATOR_SZ }), hash256, (locator, hashStop) => {
      assert.deepEqual(decodeGetHeaders(encodeGetHeaders({ locator, hashStop })), {
        locator,
        hashStop,
      })
    }),
  )
})

test('version, count, hashes and stop are on the wire in that order', () => {
  const payload = encodeGetHeaders({ locator: ['a'.repeat(32)], hashStop: NO_HASH_STOP })
  assert.equal(
    Buffer.from(payload).toString('hex'),
    `8011010001${'61'.repeat(32)}${'00'.repeat(32)}`,
  )
})

test('a locator of 101 is read, one of 102 is over the limit', () => {
  const message = (length: number) =>
    encodeGetHeaders({ locator: Array(length).fill('a'.repeat(32)), hashStop: NO_HASH_STOP })
  assert.ok(!(decodeGetHeaders(message(MAX_LOCATOR_SZ)) instanceof Malformed))
  const over = decodeGetHeaders(message(MAX_LOCATOR_SZ + 1))
  assert.ok(over instanceof Malformed)
  assert.equal(over.kind, 'overLimit')
})

test('every proper prefix is unreadable', () => {
  const payload = encodeGetHeaders({ locator: ['a'.repeat(32)], hashStop: NO_HASH_STOP })
  for (let length = 0; length < payload.length; length++) {
    const decoded = decodeGetHeaders(payload.subarray(0, length))
    assert.ok(decoded instanceof Malformed && decoded.kind === 'unreadable')
  }
})
