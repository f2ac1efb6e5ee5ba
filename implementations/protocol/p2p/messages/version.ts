import { compactSizeLength, writeCompactSize } from '../compact-size.ts'
import { MAX_SUBVERSION_LENGTH } from '../constants.ts'
import type { Malformed } from '../malformed.ts'
import { PayloadReader } from '../payload-reader.ts'

/** The fields of `version` that mean something: addresses are sent as zeros and never read. */
export interface Version {
  version: number
  /** NODE_NETWORK, NODE_WITNESS, … */
  services: bigint
  /** Seconds since 1970. */
  time: number
  /** Recognises a connection to oneself. */
  nonce: bigint
  /** At most `MAX_SUBVERSION_LENGTH` bytes, a character each. */
  userAgent: string
  startHeight: number
  /** Whether transactions may be announced. */
  relay: boolean
}

export function encodeVersion(message: Version): Uint8Array {
  const { userAgent } = message
  const userAgentAt = 80 + compactSizeLength(userAgent.length)
  const payload = Buffer.alloc(userAgentAt + userAgent.length + 5)
  payload.writeInt32LE(message.version, 0)
  payload.writeBigUInt64LE(message.services, 4)
  payload.writeBigInt64LE(BigInt(message.time), 12)
  payload.writeBigUInt64LE(message.services, 46) // of addr_from; addr_recv (20..46) stays zero
  payload.writeBigUInt64LE(message.nonce, 72)
  writeCompactSize(payload, 80, userAgent.length)
  payload.write(userAgent, userAgentAt, 'latin1')
  payload.writeInt32LE(message.startHeight, userAgentAt + userAgent.length)
  payload[userAgentAt + userAgent.length + 4] = message.relay ? 1 : 0
  return payload
}

/** The fields behind addr_recv are optional from there on, as in Core. */
export function decodeVersion(payload: Uint8Array): Version | Malformed {
  const reader = new PayloadReader('version', payload)
  const message: Version = {
    version: reader.int32(),
    services: reader.uint64(),
    time: Number(reader.int64()),
    nonce: 1n,
    userAgent: '',
    startHeight: -1,
    relay: true,
  }
  reader.take(NET_ADDRESS_SIZE)
  if (!reader.atEnd) {
    reader.take(NET_ADDRESS_SIZE)
    message.nonce = reader.uint64()
  }
  if (!reader.atEnd) message.userAgent = readUserAgent(reader)
  if (!reader.atEnd) message.startHeight = reader.int32()
  if (!reader.atEnd) message.relay = reader.uint8() !== 0
  return reader.malformed ?? message
}

function readUserAgent(reader: PayloadReader): string {
  const length = reader.compactSize()
  if (length > MAX_SUBVERSION_LENGTH) reader.fail(`has a user agent of ${length} bytes`)
  const at = reader.take(length)
  return at < 0 ? '' : String.fromCharCode(...reader.bytes.subarray(at, at + length))
}

/** Services 8, IPv6 address 16, port 2. */
const NET_ADDRESS_SIZE = 26
