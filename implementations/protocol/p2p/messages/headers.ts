import { BLOCK_HEADER_SIZE } from '../block-header.ts'
import { compactSizeLength, writeCompactSize } from '../compact-size.ts'
import { MAX_HEADERS_RESULTS } from '../constants.ts'
import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

/** @param headers whole 80-byte block headers, one after the other; at most `MAX_HEADERS_RESULTS` */
export function encodeHeaders(headers: Uint8Array): Uint8Array {
  const count = headers.length / BLOCK_HEADER_SIZE
  const payload = Buffer.alloc(compactSizeLength(count) + count * (BLOCK_HEADER_SIZE + 1))
  let to = writeCompactSize(payload, 0, count)
  for (let from = 0; from < headers.length; from += BLOCK_HEADER_SIZE) {
    payload.set(headers.subarray(from, from + BLOCK_HEADER_SIZE), to)
    to += BLOCK_HEADER_SIZE + 1 // the transaction count of a header alone is 0
  }
  return payload
}

/** @returns the offset in `payload` of each 80-byte header, for the functions of `block-header.ts` */
export function decodeHeaders(payload: Uint8Array): Int32Array | Malformed {
  const reader = new PayloadReader('headers', payload)
  const count = reader.compactSize()
  if (count > MAX_HEADERS_RESULTS) return reader.overLimit(count, MAX_HEADERS_RESULTS)
  const offsets = new Int32Array(count)
  for (let i = 0; i < count && reader.malformed === undefined; i++) {
    offsets[i] = reader.take(BLOCK_HEADER_SIZE)
    reader.compactSize() // the transaction count, which Core ignores too
  }
  return reader.malformed ?? offsets
}
