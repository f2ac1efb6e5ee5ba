import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

/** The payload of `ping` and of `pong`, which repeats the nonce. */
export function encodePing(nonce: bigint): Uint8Array {
  const payload = Buffer.allocUnsafe(8)
  payload.writeBigUInt64LE(nonce, 0)
  return payload
}

export function decodePing(payload: Uint8Array): bigint | Malformed {
  const reader = new PayloadReader('ping', payload)
  const nonce = reader.uint64()
  return reader.malformed ?? nonce
}
