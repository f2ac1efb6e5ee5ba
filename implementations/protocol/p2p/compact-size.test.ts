import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  COMPACT_SIZE_NON_CANONICAL,
  COMPACT_SIZE_TOO_LARGE,
  COMPACT_SIZE_TRUNCATED,
  compactSizeLength,
  readCompactSize,
  writeCompactSize,
} from './compact-size.ts'
import { MAX_SIZE } from './constants.ts'

function encode(value: number): Buffer {
  const bytes = Buffer.alloc(9)
  return bytes.subarray(0, writeCompactSize(bytes, 0, value))
}

test('each value is written in its shortest form', () => {
  const forms: [number, string][] = [
    [0, '00'],
    [0xfc, 'fc'],
    [0xfd, 'fdfd00'],
    [0xffff, 'fdffff'],
    [0x10000, 'fe00000100'],
    [0xffffffff, 'feffffffff'],
    [0x100000000, 'ff0000000001000000'],
  ]
  for (const [value, hex] of forms) {
    assert.equal(encode(value).toString('hex'), hex)
    assert.equal(compactSizeLength(value), hex.length / 2)
  }
})

test('every length up to MAX_SIZE is read back, at any offset', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_SIZE }), fc.nat(5), (value, offset) => {
      const bytes = new Uint8Array(offset + 9)
      const end = writeCompactSize(bytes, offset, value)
      assert.equal(end, offset + compactSizeLength(value))
      assert.equal(readCompactSize(bytes, offset), value)
    }),
  )
  assert.equal(readCompactSize(encode(MAX_SIZE), 0), MAX_SIZE)
})

test('a longer form than needed is non-canonical', () => {
  for (const hex of ['fdfc00', 'fe01000000', 'feffff0000', 'ff0100000000000000']) {
    assert.equal(readCompactSize(Buffer.from(hex, 'hex'), 0), COMPACT_SIZE_NON_CANONICAL, hex)
  }
  assert.equal(
    readCompactSize(Buffer.from('ffffffffff00000000', 'hex'), 0),
    COMPACT_SIZE_NON_CANONICAL,
  )
})

test('a value above MAX_SIZE is too large, up to the largest that fits', () => {
  for (const hex of ['fe01000002', 'feffffffff', 'ff0000000001000000', 'ffffffffffffffffff']) {
    assert.equal(readCompactSize(Buffer.from(hex, 'hex'), 0), COMPACT_SIZE_TOO_LARGE, hex)
  }
})

test('every proper prefix of an encoding is truncated', () => {
  for (const value of [0, 0xfd, 0x10000, 0x100000000]) {
    const whole = encode(value)
    for (let length = 0; length < whole.length; length++) {
      assert.equal(readCompactSize(whole.subarray(0, length), 0), COMPACT_SIZE_TRUNCATED)
    }
  }
})
