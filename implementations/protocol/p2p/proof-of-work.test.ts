import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Hash256, hashFromHex } from '../sha256d.ts'
import { REGTEST_BITS, REGTEST_GENESIS_HASH } from './constants.ts'
import { meetsTarget } from './proof-of-work.ts'

function hashOf(value: bigint): Hash256 {
  return hashFromHex(value.toString(16).padStart(64, '0'))
}

/** `arith_uint256::SetCompact` as it stands in Core, on bigints; null for negative or overflow. */
function decodeCompact(bits: number): bigint | null {
  const size = bits >>> 24
  const mantissa = bits & 0x7fffff
  const word = size <= 3 ? mantissa >>> (8 * (3 - size)) : mantissa
  const target = size <= 3 ? BigInt(word) : BigInt(word) << BigInt(8 * (size - 3))
  const negative = word !== 0 && (bits & 0x800000) !== 0
  const overflow =
    word !== 0 && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32))
  return negative || overflow ? null : target
}

const powLimit = 2n ** 255n - 1n

test('the genesis hash meets its target, and not one as hard as mainnet', () => {
  assert.equal(meetsTarget(REGTEST_GENESIS_HASH, REGTEST_BITS), true)
  assert.equal(meetsTarget(REGTEST_GENESIS_HASH, 0x1d00ffff), false)
})

test('a hash equal to the target meets it, one more does not', () => {
  for (const bits of [REGTEST_BITS, 0x1d00ffff, 0x03123456, 0x04123456, 0x02123400, 0x01010000]) {
    const target = decodeCompact(bits)
    assert.ok(target !== null && target > 0n)
    assert.equal(meetsTarget(hashOf(target), bits), true, bits.toString(16))
    assert.equal(meetsTarget(hashOf(target - 1n), bits), true, bits.toString(16))
    assert.equal(meetsTarget(hashOf(target + 1n), bits), false, bits.toString(16))
  }
})

test('no hash meets a zero, negative, overflowing or too easy target', () => {
  const refused = [
    0, 0x01003456, 0x20000000, 0x00123456, 0x04923456, 0x1d80ffff, 0x23000001, 0x22000100,
    0x21010000, 0xff123456, 0x20800001, 0x2100ffff, 0x22000080,
  ]
  for (const bits of refused) assert.equal(meetsTarget(hashOf(0n), bits), false, bits.toString(16))
})

test('any bits and hash are judged as by big-integer arithmetic', () => {
  const bits = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc
      .tuple(fc.integer({ min: 0, max: 36 }), fc.integer({ min: 0, max: 0xffffff }))
      .map(([size, word]) => size * 0x1000000 + word),
  )
  const hash = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
    fc.tuple(fc.nat(255), fc.nat(255)).map(([byte, shift]) => BigInt(byte) << BigInt(shift)),
  )
  fc.assert(
    fc.property(
      bits,
      hash.map(value => value % 2n ** 256n),
      (compact, value) => {
        const target = decodeCompact(compact)
        const expected = target !== null && target > 0n && target <= powLimit && value <= target
        assert.equal(meetsTarget(hashOf(value), compact), expected)
      },
    ),
    { numRuns: 2000 },
  )
})
