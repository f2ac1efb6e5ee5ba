import { MAX_SIZE } from './constants.ts'

/** `readCompactSize` of bytes that end too early. */
export const COMPACT_SIZE_TRUNCATED = -1
/** `readCompactSize` of a value written in more bytes than it needs. */
export const COMPACT_SIZE_NON_CANONICAL = -2
/** `readCompactSize` of a value above `MAX_SIZE`. */
export const COMPACT_SIZE_TOO_LARGE = -3

/** Bytes that `value` takes on the wire. */
export function compactSizeLength(value: number): number {
  if (value < 0xfd) return 1
  if (value <= 0xffff) return 3
  return value <= 0xffffffff ? 5 : 9
}

/** Core's `WriteCompactSize`, for values up to 2^53 - 1. Returns the offset behind it. */
export function writeCompactSize(bytes: Uint8Array, offset: number, value: number): number {
  const length = compactSizeLength(value)
  if (length === 1) {
    bytes[offset] = value
    return offset + 1
  }
  bytes[offset] = length === 3 ? 0xfd : length === 5 ? 0xfe : 0xff
  let rest = value
  for (let i = 1; i < length; i++) {
    bytes[offset + i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return offset + length
}

/**
 * Core's `ReadCompactSize` with its range check. Because only the shortest form is accepted, the
 * value took `compactSizeLength(value)` bytes.
 * @returns the value, or one of the negative COMPACT_SIZE_ constants
 */
export function readCompactSize(bytes: Uint8Array, offset: number): number {
  if (offset >= bytes.length) return COMPACT_SIZE_TRUNCATED
  const first = bytes[offset]
  if (first < 0xfd) return first
  const length = first === 0xfd ? 3 : first === 0xfe ? 5 : 9
  if (offset + length > bytes.length) return COMPACT_SIZE_TRUNCATED
  let value = 0
  for (let i = length - 1; i > 0; i--) value = value * 256 + bytes[offset + i]
  if (compactSizeLength(value) !== length) return COMPACT_SIZE_NON_CANONICAL
  return value > MAX_SIZE ? COMPACT_SIZE_TOO_LARGE : value
}
