import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hashFromHex } from '../sha256d.ts'
import {
  BLOCK_HEADER_SIZE,
  blockHash,
  headerBits,
  headerMerkleRoot,
  headerNonce,
  headerPrevHash,
  headerTime,
  headerVersion,
  readBlockHeader,
  writeBlockHeader,
} from './block-header.ts'
import { REGTEST_BITS, REGTEST_GENESIS_HASH, REGTEST_GENESIS_HEADER } from './constants.ts'

const hash256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(raw => Buffer.from(raw).toString('latin1'))
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const header = fc.record(
  {
    version: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    prevHash: hash256,
    merkleRoot: hash256,
    time: uint32,
    bits: uint32,
    nonce: uint32,
  },
  { noNullPrototype: true },
)

test('the regtest genesis header has the fields and the hash that Core has', () => {
  assert.deepEqual(readBlockHeader(REGTEST_GENESIS_HEADER, 0), {
    version: 1,
    prevHash: '\0'.repeat(32),
    merkleRoot: hashFromHex('4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'),
    time: 1296688602,
    bits: REGTEST_BITS,
    nonce: 2,
  })
  assert.equal(blockHash(REGTEST_GENESIS_HEADER, 0), REGTEST_GENESIS_HASH)
})

test('any header is read back at any offset, whole and field by field', () => {
  fc.assert(
    fc.property(header, fc.nat(9), (written, offset) => {
      const bytes = new Uint8Array(offset + BLOCK_HEADER_SIZE)
      writeBlockHeader(bytes, offset, written)
      assert.deepEqual(readBlockHeader(bytes, offset), written)
      assert.equal(headerVersion(bytes, offset), written.version)
      assert.equal(headerPrevHash(bytes, offset), written.prevHash)
      assert.equal(headerMerkleRoot(bytes, offset), written.merkleRoot)
      assert.equal(headerTime(bytes, offset), written.time)
      assert.equal(headerBits(bytes, offset), written.bits)
      assert.equal(headerNonce(bytes, offset), written.nonce)
    }),
  )
})

test('blockHash covers the 80 bytes at the offset and no other', () => {
  const bytes = Buffer.concat([Buffer.alloc(5, 1), REGTEST_GENESIS_HEADER, Buffer.alloc(5, 2)])
  assert.equal(blockHash(bytes, 5), REGTEST_GENESIS_HASH)
  for (let i = 0; i < BLOCK_HEADER_SIZE; i++) {
    bytes[5 + i] ^= 1
    assert.notEqual(blockHash(bytes, 5), REGTEST_GENESIS_HASH)
    bytes[5 + i] ^= 1
  }
})
