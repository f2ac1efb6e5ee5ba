import { type Hash256, readHash, sha256d, writeHash } from '../sha256d.ts'
import { readInt32, writeInt32 } from './int32.ts'

/** Bytes of a block header; the functions below take one that stands whole at `offset`. */
export const BLOCK_HEADER_SIZE = 80

export function blockHash(bytes: Uint8Array, offset: number): Hash256 {
  return sha256d(bytes, offset, offset + BLOCK_HEADER_SIZE)
}

/** Signed, as in Core's `CBlockHeader`. */
export function headerVersion(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset)
}

export function headerPrevHash(bytes: Uint8Array, offset: number): Hash256 {
  return readHash(bytes, offset + 4)
}

export function headerMerkleRoot(bytes: Uint8Array, offset: number): Hash256 {
  return readHash(bytes, offset + 36)
}

/** Seconds since 1970. */
export function headerTime(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset + 68) >>> 0
}

/** The target in compact form. */
export function headerBits(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset + 72) >>> 0
}

export function headerNonce(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset + 76) >>> 0
}

export interface BlockHeader {
  version: number
  prevHash: Hash256
  merkleRoot: Hash256
  /** Seconds since 1970. */
  time: number
  bits: number
  nonce: number
}

export function readBlockHeader(bytes: Uint8Array, offset: number): BlockHeader {
  return {
    version: headerVersion(bytes, offset),
    prevHash: headerPrevHash(bytes, offset),
    merkleRoot: headerMerkleRoot(bytes, offset),
    time: headerTime(bytes, offset),
    bits: headerBits(bytes, offset),
    nonce: headerNonce(bytes, offset),
  }
}

export function writeBlockHeader(bytes: Uint8Array, offset: number, header: BlockHeader): void {
  writeInt32(bytes, offset, header.version)
  writeHash(header.prevHash, bytes, offset + 4)
  writeHash(header.merkleRoot, bytes, offset + 36)
  writeInt32(bytes, offset + 68, header.time)
  writeInt32(bytes, offset + 72, header.bits)
  writeInt32(bytes, offset + 76, header.nonce)
}
