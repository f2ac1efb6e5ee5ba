import { type Hash256, writeHash } from '../../sha256d.ts'
import { compactSizeLength, writeCompactSize } from '../compact-size.ts'
import { MAX_LOCATOR_SZ, PROTOCOL_VERSION } from '../constants.ts'
import { writeInt32 } from '../int32.ts'
import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

export interface GetHeaders {
  /** Hashes of known blocks, from the tip down; at most `MAX_LOCATOR_SZ`. */
  locator: readonly Hash256[]
  /** The last header wanted; `NO_HASH_STOP` for as many as a message carries. */
  hashStop: Hash256
}

export const NO_HASH_STOP: Hash256 = '\0'.repeat(32)

export function encodeGetHeaders(message: GetHeaders): Uint8Array {
  const { locator, hashStop } = message
  const payload = Buffer.allocUnsafe(
    4 + compactSizeLength(locator.length) + 32 * locator.length + 32,
  )
  writeInt32(payload, 0, PROTOCOL_VERSION)
  let offset = writeCompactSize(payload, 4, locator.length)
  for (const hash of locator) {
    writeHash(hash, payload, offset)
    offset += 32
  }
  writeHash(hashStop, payload, offset)
  return payload
}

export function decodeGetHeaders(payload: Uint8Array): GetHeaders | Malformed {
  const reader = new PayloadReader('getheaders', payload)
  reader.int32() // the sender's version, without meaning since long
  const count = reader.compactSize()
  const locator: Hash256[] = []
  for (let i = 0; i < count && reader.malformed === undefined; i++) locator.push(reader.hash256())
  const hashStop = reader.hash256()
  if (reader.malformed !== undefined) return reader.malformed
  return count > MAX_LOCATOR_SZ ? reader.overLimit(count, MAX_LOCATOR_SZ) : { locator, hashStop }
}
