import type { Hash256 } from '../sha256d.ts'

/**
 * Core's `CheckProofOfWork` on regtest: whether `hash`, as a number, is at most the target that
 * `bits` stands for. False for a target that is negative, zero, too large for 256 bits, or above
 * regtest's limit (2^255 - 1).
 */
export function meetsTarget(hash: Hash256, bits: number): boolean {
  if (bits !== lastBits) {
    lastTarget = decodeTarget(bits)
    lastBits = bits
  }
  if (lastTarget === undefined) return false
  for (let i = 31; i >= 0; i--) {
    const byte = hash.charCodeAt(i)
    if (byte !== lastTarget[i]) return byte < lastTarget[i]
  }
  return true
}

let lastBits = -1
let lastTarget: Uint8Array | undefined

/** `arith_uint256::SetCompact`: 32 bytes little-endian, or undefined if no hash could meet it. */
function decodeTarget(bits: number): Uint8Array | undefined {
  const size = bits >>> 24
  const mantissa = bits & 0x7fffff
  const word = size < 3 ? mantissa >>> (8 * (3 - size)) : mantissa
  const negative = (bits & 0x800000) !== 0
  if (word === 0 || negative) return undefined
  const target = new Uint8Array(32)
  const lowest = Math.max(size - 3, 0)
  for (let i = 0; i < 3; i++) {
    const byte = (word >>> (8 * i)) & 0xff
    if (byte === 0) continue
    if (lowest + i >= target.length) return undefined
    target[lowest + i] = byte
  }
  return target[31] > 0x7f ? undefined : target
}
