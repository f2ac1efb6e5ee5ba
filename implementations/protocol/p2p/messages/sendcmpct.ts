import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

/** BIP 152. */
export interface SendCmpct {
  /** Whether new blocks may be announced by `cmpctblock`. */
  highBandwidth: boolean
  version: bigint
}

export function encodeSendCmpct(message: SendCmpct): Uint8Array {
  const payload = Buffer.allocUnsafe(9)
  payload[0] = message.highBandwidth ? 1 : 0
  payload.writeBigUInt64LE(message.version, 1)
  return payload
}

export function decodeSendCmpct(payload: Uint8Array): SendCmpct | Malformed {
  const reader = new PayloadReader('sendcmpct', payload)
  const message = { highBandwidth: reader.uint8() !== 0, version: reader.uint64() }
  return reader.malformed ?? message
}
