import { createHash } from 'node:crypto'
import { type Hash256, sha256d, sha256dFinish } from '../../sha256d.ts'
import { BLOCK_HEADER_SIZE } from '../block-header.ts'
import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

/** Where things are in a `block` payload; its header stands at offset 0. */
export interface BlockView {
  transactionCount: number
  /** Offset in the payload of the first transaction. */
  transactionsOffset: number
}

/** Reads the header and the count. The transactions themselves are read by `transactionIds`. */
export function decodeBlock(payload: Uint8Array): BlockView | Malformed {
  const reader = new PayloadReader('block', payload)
  const transactionCount = readBlockPrefix(reader)
  return reader.malformed ?? { transactionCount, transactionsOffset: reader.offset }
}

/** The txid of each transaction in a `block` payload, in order. */
export function transactionIds(payload: Uint8Array): Hash256[] | Malformed {
  const reader = new PayloadReader('block', payload)
  const count = readBlockPrefix(reader)
  const ids: Hash256[] = []
  for (let i = 0; i < count && reader.malformed === undefined; i++)
    ids.push(readTransaction(reader))
  return reader.malformed ?? ids
}

function readBlockPrefix(reader: PayloadReader): number {
  reader.take(BLOCK_HEADER_SIZE)
  return reader.compactSize()
}

/**
 * Core's `UnserializeTransaction`, keeping the txid alone: the hash of the serialisation without
 * marker, flags and witness (BIP 144).
 */
function readTransaction(reader: PayloadReader): Hash256 {
  const start = reader.offset
  reader.take(4) // version
  const extended = skipExtendedMarker(reader)
  const body = reader.offset
  const inputCount = skipInputs(reader)
  skipOutputs(reader)
  const bodyEnd = reader.offset
  if (extended) skipWitness(reader, inputCount)
  const lockTime = reader.take(4)
  if (reader.malformed !== undefined) return ''
  if (!extended) return sha256d(reader.bytes, start, reader.offset)
  const stripped = createHash('sha256')
    .update(reader.bytes.subarray(start, start + 4))
    .update(reader.bytes.subarray(body, bodyEnd))
    .update(reader.bytes.subarray(lockTime, reader.offset))
  return sha256dFinish(stripped)
}

/** An input count of 0 not followed by an output count of 0 is the marker, and a byte of flags. */
function skipExtendedMarker(reader: PayloadReader): boolean {
  const { bytes, offset } = reader
  if (bytes[offset] !== 0 || bytes[offset + 1] === 0) return false
  reader.take(1)
  const flags = reader.uint8()
  if (flags !== 1) reader.fail(`has a transaction with unknown flags ${flags}`)
  return true
}

function skipInputs(reader: PayloadReader): number {
  const count = reader.compactSize()
  for (let i = 0; i < count && reader.malformed === undefined; i++) {
    reader.take(36) // outpoint
    reader.take(reader.compactSize()) // scriptSig
    reader.take(4) // sequence
  }
  return count
}

function skipOutputs(reader: PayloadReader): void {
  const count = reader.compactSize()
  for (let i = 0; i < count && reader.malformed === undefined; i++) {
    reader.take(8) // value
    reader.take(reader.compactSize()) // scriptPubKey
  }
}

function skipWitness(reader: PayloadReader, inputCount: number): void {
  let itemCount = 0
  for (let i = 0; i < inputCount && reader.malformed === undefined; i++) {
    const stackSize = reader.compactSize()
    itemCount += stackSize
    for (let j = 0; j < stackSize && reader.malformed === undefined; j++) {
      reader.take(reader.compactSize())
    }
  }
  if (itemCount === 0) reader.fail('has a superfluous witness')
}
