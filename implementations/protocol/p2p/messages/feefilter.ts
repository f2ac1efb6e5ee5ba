import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

/** BIP 133. @param feeRate the least fee of a transaction worth announcing, satoshi per 1000 vB */
export function encodeFeeFilter(feeRate: bigint): Uint8Array {
  const payload = Buffer.allocUnsafe(8)
  payload.writeBigInt64LE(feeRate, 0)
  return payload
}

export function decodeFeeFilter(payload: Uint8Array): bigint | Malformed {
  const reader = new PayloadReader('feefilter', payload)
  const feeRate = reader.int64()
  return reader.malformed ?? feeRate
}
