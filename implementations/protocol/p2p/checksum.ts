import { type Hash256, sha256d } from '../sha256d.ts'

/**
 * The checksum in a message header: the first four bytes of the payload's double SHA-256, here as
 * a little-endian int32, which V8 keeps unboxed.
 */
export function payloadChecksum(payload: Uint8Array): number {
  return payload.length === 0 ? EMPTY_CHECKSUM : checksumOfHash(sha256d(payload))
}

export function checksumOfHash(hash: Hash256): number {
  return (
    hash.charCodeAt(0) |
    (hash.charCodeAt(1) << 8) |
    (hash.charCodeAt(2) << 16) |
    (hash.charCodeAt(3) << 24)
  )
}

/** Of no bytes: 5d f6 e0 e2. */
export const EMPTY_CHECKSUM = 0xe2e0f65d | 0
