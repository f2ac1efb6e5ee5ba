import { readInt32 } from './int32.ts'

/** Message types as small integers: they are compared and passed between threads as such. */
export const MessageType = {
  unknown: 0,
  version: 1,
  verack: 2,
  ping: 3,
  pong: 4,
  getheaders: 5,
  headers: 6,
  getdata: 7,
  inv: 8,
  block: 9,
  notfound: 10,
  sendheaders: 11,
  sendcmpct: 12,
  feefilter: 13,
  wtxidrelay: 14,
  sendaddrv2: 15,
} as const

export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** `readMessageType` of bytes that name no type at all. */
export const MALFORMED_TYPE = -1

/** On the wire a type is its ASCII name, padded with NUL. */
export const MESSAGE_TYPE_SIZE = 12

/**
 * The type in the 12 bytes at `offset`: `MessageType.unknown` for a well-formed type that is not in
 * the table, `MALFORMED_TYPE` where Core's `CMessageHeader::IsMessageTypeValid` answers false.
 */
export function readMessageType(bytes: Uint8Array, offset: number): MessageType | -1 {
  const first = readInt32(bytes, offset)
  const second = readInt32(bytes, offset + 4)
  const third = readInt32(bytes, offset + 8)
  for (let type = 1; type < names.length; type++) {
    const at = type * 3
    if (words[at] === first && words[at + 1] === second && words[at + 2] === third) {
      return type as MessageType
    }
  }
  return isMessageTypeValid(bytes, offset) ? MessageType.unknown : MALFORMED_TYPE
}

export function writeMessageType(bytes: Uint8Array, offset: number, type: MessageType): void {
  const from = type * MESSAGE_TYPE_SIZE
  for (let i = 0; i < MESSAGE_TYPE_SIZE; i++) bytes[offset + i] = encodedNames[from + i]
}

export function messageTypeName(type: MessageType): keyof typeof MessageType {
  return names[type]
}

/** Printable ASCII, then nothing but NUL. */
function isMessageTypeValid(bytes: Uint8Array, offset: number): boolean {
  const end = offset + MESSAGE_TYPE_SIZE
  let i = offset
  while (i < end && bytes[i] >= 0x20 && bytes[i] <= 0x7e) i++
  while (i < end && bytes[i] === 0) i++
  return i === end
}

const names = Object.keys(MessageType) as (keyof typeof MessageType)[]
const encodedNames: Uint8Array = Buffer.from(
  names.map(name => name.padEnd(MESSAGE_TYPE_SIZE, '\0')).join(''),
  'latin1',
)
/** Three little-endian words per type. */
const words = Int32Array.from({ length: names.length * 3 }, (_, i) =>
  readInt32(encodedNames, i * 4),
)
