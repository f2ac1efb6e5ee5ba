/** Little-endian, signed. Bitwise throughout, so V8 keeps the value unboxed. */
export function readInt32(bytes: Uint8Array, offset: number): number {
  return (
    bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)
  )
}

/** Little-endian; takes signed and unsigned 32-bit values alike. */
export function writeInt32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value
  bytes[offset + 1] = value >>> 8
  bytes[offset + 2] = value >>> 16
  bytes[offset + 3] = value >>> 24
}
