import { MAX_BLOCK_BYTES } from './chain-profile.ts'

/**
 * The bytes all blocks of a chain share: pseudo-random filler, then the coinbase's 4-byte lock time
 * 0, so that every block ends with a suffix of this buffer.
 */
export function sharedFiller(seed: number): Buffer {
  const words = new Uint32Array(MAX_BLOCK_BYTES / 4 + 1)
  const lockTime = words.length - 1
  // Marsaglia's xorshift32; 0 is its fixed point.
  let state = seed === 0 ? 0x9e3779b9 : seed
  for (let i = 0; i < lockTime; ++i) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[i] = state
  }
  return Buffer.from(words.buffer)
}
