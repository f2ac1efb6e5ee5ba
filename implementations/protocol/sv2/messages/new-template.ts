import type { Malformed } from '../../p2p/malformed.ts'
import { PayloadReader } from '../../p2p/payload-reader.ts'
import { type Hash256, writeHash } from '../../sha256d.ts'

export const NEW_TEMPLATE_MESSAGE_TYPE = 0x71

/**
 * A block to mine on (Stratum v2 specification, "Template Distribution Protocol", NewTemplate).
 * Integers are unsigned, of 32 bits unless they are bigints, which have 64.
 */
export interface NewTemplate {
  templateId: bigint
  /** Whether it waits for a SetNewPrevHash. */
  futureTemplate: boolean
  version: number
  coinbaseTxVersion: number
  /** Start of the coinbase's scriptSig; the type allows 255 bytes, the specification asks for ≤ 8. */
  coinbasePrefix: Uint8Array
  coinbaseTxInputSequence: number
  /** Satoshi left for outputs of the miner's own. */
  coinbaseTxValueRemaining: bigint
  coinbaseTxOutputsCount: number
  /** Serialised, one behind the other; at most 65,535 bytes. */
  coinbaseTxOutputs: Uint8Array
  coinbaseTxLocktime: number
  /** From the coinbase up; at most 255. */
  merklePath: Hash256[]
}

export function encodeNewTemplate(message: NewTemplate): Uint8Array {
  const { coinbasePrefix, coinbaseTxOutputs, merklePath } = message
  // A count that does not fit its field makes Buffer throw a RangeError.
  const payload = Buffer.alloc(
    FIXED_BYTES + coinbasePrefix.length + coinbaseTxOutputs.length + 32 * merklePath.length,
  )
  let at = payload.writeBigUInt64LE(message.templateId, 0)
  at = payload.writeUInt8(message.futureTemplate ? 1 : 0, at)
  at = payload.writeUInt32LE(message.version, at)
  at = payload.writeUInt32LE(message.coinbaseTxVersion, at)
  at = payload.writeUInt8(coinbasePrefix.length, at)
  payload.set(coinbasePrefix, at)
  at = payload.writeUInt32LE(message.coinbaseTxInputSequence, at + coinbasePrefix.length)
  at = payload.writeBigUInt64LE(message.coinbaseTxValueRemaining, at)
  at = payload.writeUInt32LE(message.coinbaseTxOutputsCount, at)
  at = payload.writeUInt16LE(coinbaseTxOutputs.length, at)
  payload.set(coinbaseTxOutputs, at)
  at = payload.writeUInt32LE(message.coinbaseTxLocktime, at + coinbaseTxOutputs.length)
  at = payload.writeUInt8(merklePath.length, at)
  for (const [index, hash] of merklePath.entries()) writeHash(hash, payload, at + 32 * index)
  return payload
}

/** Byte fields share memory with `payload`. */
export function decodeNewTemplate(payload: Uint8Array): NewTemplate | Malformed {
  const reader = new PayloadReader('NewTemplate', payload)
  const message: NewTemplate = {
    templateId: reader.uint64(),
    // "Recipients MUST NOT interpret bits outside of the least significant bit."
    futureTemplate: (reader.uint8() & 1) === 1,
    version: reader.int32() >>> 0,
    coinbaseTxVersion: reader.int32() >>> 0,
    coinbasePrefix: bytes(reader, reader.uint8()),
    coinbaseTxInputSequence: reader.int32() >>> 0,
    coinbaseTxValueRemaining: reader.uint64(),
    coinbaseTxOutputsCount: reader.int32() >>> 0,
    coinbaseTxOutputs: bytes(reader, reader.uint8() | (reader.uint8() << 8)),
    coinbaseTxLocktime: reader.int32() >>> 0,
    merklePath: Array.from({ length: reader.uint8() }, () => reader.hash256()),
  }
  return reader.malformed ?? message
}

function bytes(reader: PayloadReader, length: number): Uint8Array {
  const at = reader.take(length)
  return at < 0 ? new Uint8Array(0) : reader.bytes.subarray(at, at + length)
}

/** Everything but the contents of `coinbasePrefix`, `coinbaseTxOutputs` and `merklePath`. */
const FIXED_BYTES = 8 + 1 + 4 + 4 + 1 + 4 + 8 + 4 + 2 + 4 + 1
