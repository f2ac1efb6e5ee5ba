import { type Hash256, sha256d, writeHash } from '../sha256d.ts'
import { headerMerkleRoot } from './block-header.ts'
import { Malformed } from './malformed.ts'
import { transactionIds } from './messages/block.ts'

/** Core's reasons for rejecting a block by its merkle tree, or that there is none. */
export type MerkleVerdict = 'valid' | 'bad-txnmrklroot' | 'bad-txns-duplicate'

/**
 * Core's `CheckMerkleRoot` on a `block` payload: whether its transactions are those its header
 * commits to. `bad-txns-duplicate` is a list that has the right root only because transactions were
 * repeated (CVE-2012-2459).
 */
export function checkMerkleRoot(payload: Uint8Array): MerkleVerdict | Malformed {
  const ids = transactionIds(payload)
  if (ids instanceof Malformed) return ids
  const { root, mutated } = computeMerkleRoot(ids)
  if (root !== headerMerkleRoot(payload, 0)) return 'bad-txnmrklroot'
  return mutated ? 'bad-txns-duplicate' : 'valid'
}

/** The merkle root of the transactions in a `block` payload. */
export function merkleRoot(payload: Uint8Array): Hash256 | Malformed {
  const ids = transactionIds(payload)
  return ids instanceof Malformed ? ids : computeMerkleRoot(ids).root
}

/**
 * Core's `ComputeMerkleRoot`.
 * @returns the root (zeros for no hashes), and whether two equal hashes were paired on the way,
 * other than by repeating the last of an odd row
 */
export function computeMerkleRoot(hashes: readonly Hash256[]): { root: Hash256; mutated: boolean } {
  if (hashes.length === 0) return { root: '\0'.repeat(32), mutated: false }
  let mutated = false
  let row = hashes
  while (row.length > 1) {
    const above: Hash256[] = []
    for (let i = 0; i < row.length; i += 2) {
      const right = i + 1 < row.length ? i + 1 : i
      if (right !== i && row[i] === row[right]) mutated = true
      above.push(hashPair(row[i], row[right]))
    }
    row = above
  }
  return { root: row[0], mutated }
}

function hashPair(left: Hash256, right: Hash256): Hash256 {
  writeHash(left, pair, 0)
  writeHash(right, pair, 32)
  return sha256d(pair)
}

const pair = new Uint8Array(64)
