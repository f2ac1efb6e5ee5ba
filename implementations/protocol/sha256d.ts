import { type Hash, hash as oneShotHash } from 'node:crypto'

/**
 * A 256-bit hash as a string of 32 characters, one per byte in the order of the wire ("binary",
 * latin1). Strings compare by value, so it is a `Map` key as it is.
 */
export type Hash256 = string

/** Bitcoin's `Hash`: SHA-256 of the SHA-256 of `bytes[from, to)`. Shared memory is welcome. */
export function sha256d(bytes: Uint8Array, from = 0, to = bytes.length): Hash256 {
  const whole = from === 0 && to === bytes.length
  const view = whole ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from)
  return secondHash(oneShotHash('sha256', view, 'binary'))
}

/** The same for bytes that were fed piece by piece to `createHash('sha256')`. Ends that hash. */
export function sha256dFinish(hash: Hash): Hash256 {
  return secondHash(hash.digest('binary'))
}

// 'binary' (latin1) makes crypto.hash three times as fast as 'buffer', which allocates off-heap.
function secondHash(first: string): Hash256 {
  writeHash(first, firstHash, 0)
  return oneShotHash('sha256', firstHash, 'binary')
}

const firstHash = new Uint8Array(32)

export function writeHash(hash: Hash256, bytes: Uint8Array, offset: number): void {
  for (let i = 0; i < 32; i++) bytes[offset + i] = hash.charCodeAt(i)
}

/** The 32 bytes at `offset`, which must exist. */
export function readHash(bytes: Uint8Array, offset: number): Hash256 {
  // One call with 32 arguments: the only way without a Buffer over the bytes or a string per byte.
  return String.fromCharCode(
    bytes[offset],
    bytes[offset + 1],
    bytes[offset + 2],
    bytes[offset + 3],
    bytes[offset + 4],
    bytes[offset + 5],
    bytes[offset + 6],
    bytes[offset + 7],
    bytes[offset + 8],
    bytes[offset + 9],
    bytes[offset + 10],
    bytes[offset + 11],
    bytes[offset + 12],
    bytes[offset + 13],
    bytes[offset + 14],
    bytes[offset + 15],
    bytes[offset + 16],
    bytes[offset + 17],
    bytes[offset + 18],
    bytes[offset + 19],
    bytes[offset + 20],
    bytes[offset + 21],
    bytes[offset + 22],
    bytes[offset + 23],
    bytes[offset + 24],
    bytes[offset + 25],
    bytes[offset + 26],
    bytes[offset + 27],
    bytes[offset + 28],
    bytes[offset + 29],
    bytes[offset + 30],
    bytes[offset + 31],
  )
}

/** As Core displays hashes: 64 hex digits, last byte first. */
export function hashToHex(hash: Hash256): string {
  return Buffer.from(hash, 'latin1').reverse().toString('hex')
}

/** The inverse of `hashToHex`. Throws a RangeError for anything but 64 hex digits. */
export function hashFromHex(hex: string): Hash256 {
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) {
    throw new RangeError(`"${hex}" is no hash: give 64 hex digits`)
  }
  return Buffer.from(hex, 'hex').reverse().toString('latin1')
}
