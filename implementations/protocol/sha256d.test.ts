import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashFromHex, hashToHex, readHash, sha256d, sha256dFinish, writeHash } from './sha256d.ts'

const bytes = fc.uint8Array({ maxLength: 300 })
const hash256 = fc.uint8Array({ minLength: 32, maxLength: 32 })

function plainSha256d(input: Uint8Array): Buffer {
  return createHash('sha256').update(createHash('sha256').update(input).digest()).digest()
}

test('sha256d of nothing is the published value', () => {
  assert.equal(
    Buffer.from(sha256d(new Uint8Array(0)), 'latin1').toString('hex'),
    '5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456',
  )
})

test('sha256d is SHA-256 twice, also over a range of shared memory', () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (before, input, after) => {
      const expected = plainSha256d(input).toString('latin1')
      assert.equal(sha256d(input), expected)
      const shared = Buffer.from(new SharedArrayBuffer(before.length + input.length + after.length))
      shared.set(before)
      shared.set(input, before.length)
      shared.set(after, before.length + input.length)
      assert.equal(sha256d(shared, before.length, before.length + input.length), expected)
    }),
  )
})

test('sha256dFinish of a hash fed in pieces is sha256d of the whole', () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), pieces => {
      const hash = createHash('sha256')
      for (const piece of pieces) hash.update(piece)
      assert.equal(sha256dFinish(hash), sha256d(Buffer.concat(pieces)))
    }),
  )
})

test('writeHash and readHash are inverse and touch 32 bytes only', () => {
  fc.assert(
    fc.property(hash256, fc.nat(20), (raw, offset) => {
      const hash = Buffer.from(raw).toString('latin1')
      const target = new Uint8Array(offset + 40).fill(0xee)
      writeHash(hash, target, offset)
      const expected = new Uint8Array(offset + 40).fill(0xee)
      expected.set(raw, offset)
      assert.deepEqual(target, expected)
      assert.equal(readHash(target, offset), hash)
    }),
  )
})

test('hashToHex shows the last byte first and hashFromHex undoes it', () => {
  const hash = Buffer.from(Array.from({ length: 32 }, (_, i) => i)).toString('latin1')
  const hex = '1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100'
  assert.equal(hashToHex(hash), hex)
  assert.equal(hashFromHex(hex), hash)
  assert.equal(hashFromHex(hex.toUpperCase()), hash)
})

test('hashFromHex refuses what is not 64 hex digits', () => {
  for (const bad of ['', 'ab', '0'.repeat(63), '0'.repeat(65), `${'0'.repeat(63)}g`]) {
    assert.throws(() => hashFromHex(bad), /64 hex digits/)
  }
})
