import { payloadChecksum } from './checksum.ts'
import { HEADER_SIZE } from './constants.ts'
import { writeInt32 } from './int32.ts'
import { type MessageType, writeMessageType } from './message-type.ts'

/**
 * Writes a whole message, header and payload.
 * @returns its length in bytes
 */
export function writeFrame(
  target: Uint8Array,
  offset: number,
  magic: number,
  type: MessageType,
  payload: Uint8Array,
): number {
  writeHeader(target, offset, magic, type, payload.length, payloadChecksum(payload))
  target.set(payload, offset + HEADER_SIZE)
  return HEADER_SIZE + payload.length
}

/** Writes the 24-byte header for a payload whose checksum (`payloadChecksum`) is known. */
export function writeHeader(
  target: Uint8Array,
  offset: number,
  magic: number,
  type: MessageType,
  payloadLength: number,
  checksum: number,
): void {
  writeInt32(target, offset, magic)
  writeMessageType(target, offset + 4, type)
  writeInt32(target, offset + 16, payloadLength)
  writeInt32(target, offset + 20, checksum)
}
