import { type Hash256, writeHash } from '../../sha256d.ts'
import { compactSizeLength, writeCompactSize } from '../compact-size.ts'
import { MAX_INV_SZ } from '../constants.ts'
import { writeInt32 } from '../int32.ts'
import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

/** Core's `CInv`: what is announced, asked for or not found. */
export interface InventoryEntry {
  /** MSG_BLOCK, MSG_WITNESS_BLOCK, …; unsigned. */
  type: number
  hash: Hash256
}

/** The payload of `inv`, `getdata` and `notfound`. At most `MAX_INV_SZ` entries. */
export function encodeInventory(entries: readonly InventoryEntry[]): Uint8Array {
  const payload = Buffer.allocUnsafe(
    compactSizeLength(entries.length) + entries.length * ENTRY_SIZE,
  )
  let offset = writeCompactSize(payload, 0, entries.length)
  for (const entry of entries) {
    writeInt32(payload, offset, entry.type)
    writeHash(entry.hash, payload, offset + 4)
    offset += ENTRY_SIZE
  }
  return payload
}

export function decodeInventory(payload: Uint8Array): InventoryEntry[] | Malformed {
  const reader = new PayloadReader('inventory', payload)
  const count = reader.compactSize()
  const entries: InventoryEntry[] = []
  for (let i = 0; i < count && reader.malformed === undefined; i++) {
    entries.push({ type: reader.int32() >>> 0, hash: reader.hash256() })
  }
  if (reader.malformed !== undefined) return reader.malformed
  return count > MAX_INV_SZ ? reader.overLimit(count, MAX_INV_SZ) : entries
}

const ENTRY_SIZE = 36
