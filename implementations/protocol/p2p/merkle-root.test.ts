import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashFromHex, hashToHex, sha256d, writeHash } from '../sha256d.ts'
import { REGTEST_GENESIS_HEADER } from './constants.ts'
import { Malformed } from './malformed.ts'
import { checkMerkleRoot, computeMerkleRoot, merkleRoot } from './merkle-root.ts'

/** A block of the smallest transactions there are, told apart by their lock times. */
function blockOf(lockTimes: readonly number[]): Buffer {
  const transactions = lockTimes.map(lockTime => {
    const transaction = Buffer.alloc(10)
    transaction.writeUInt32LE(lockTime, 6)
    return transaction
  })
  const payload = Buffer.concat([
    REGTEST_GENESIS_HEADER,
    Buffer.from([transactions.length]),
    ...transactions,
  ])
  const { root } = computeMerkleRoot(transactions.map(transaction => sha256d(transaction)))
  writeHash(root, payload, 36)
  return payload
}

test('the root of a real block of four transactions (mainnet, height 100,000)', () => {
  const ids = [
    '8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87',
    'fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4',
    '6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4',
    'e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d',
  ]
  const { root, mutated } = computeMerkleRoot(ids.map(hashFromHex))
  assert.equal(hashToHex(root), 'f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766')
  assert.equal(mutated, false)
})

test('one hash is its own root, none has a root of zeros', () => {
  assert.deepEqual(computeMerkleRoot(['a'.repeat(32)]), { root: 'a'.repeat(32), mutated: false })
  assert.deepEqual(computeMerkleRoot([]), { root: '\0'.repeat(32), mutated: false })
})

test('an odd row repeats its last hash', () => {
  const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(32))
  assert.equal(computeMerkleRoot([a, b, c]).root, computeMerkleRoot([a, b, c, c]).root)
  assert.equal(computeMerkleRoot([a, b, c]).mutated, false)
})

test('a block whose transactions match its header is valid', () => {
  for (const count of [1, 2, 3, 4, 5, 7, 8]) {
    const payload = blockOf(Array.from({ length: count }, (_, i) => i))
    assert.equal(checkMerkleRoot(payload), 'valid')
    assert.equal(merkleRoot(payload), payload.toString('latin1', 36, 68))
  }
})

test('a changed transaction or root is bad-txnmrklroot', () => {
  for (const at of [36, 67, 81 + 6, 81 + 19]) {
    const payload = blockOf([1, 2])
    payload[at] ^= 1
    assert.equal(checkMerkleRoot(payload), 'bad-txnmrklroot', `byte ${at}`)
  }
})

test('repeated transactions with an unchanged root are bad-txns-duplicate', () => {
  const root = merkleRoot(blockOf([1, 2, 3]))
  const duplicated = blockOf([1, 2, 3, 3])
  assert.equal(merkleRoot(duplicated), root)
  assert.equal(checkMerkleRoot(duplicated), 'bad-txns-duplicate')
  assert.equal(checkMerkleRoot(blockOf([1, 2, 3, 4, 5, 6, 5, 6])), 'bad-txns-duplicate')
})

test('a block that cannot be read is malformed', () => {
  const payload = blockOf([1, 2])
  const truncated = payload.subarray(0, payload.length - 1)
  assert.ok(checkMerkleRoot(truncated) instanceof Malformed)
  assert.ok(merkleRoot(truncated) instanceof Malformed)
})
