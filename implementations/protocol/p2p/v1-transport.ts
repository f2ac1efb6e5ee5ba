import { createHash, type Hash } from 'node:crypto'
import { sha256d, sha256dFinish } from '../sha256d.ts'
import { checksumOfHash, EMPTY_CHECKSUM } from './checksum.ts'
import { HEADER_SIZE, MAX_PROTOCOL_MESSAGE_LENGTH } from './constants.ts'
import { readInt32 } from './int32.ts'
import { MALFORMED_TYPE, MessageType, readMessageType } from './message-type.ts'

/** Why a peer must be disconnected: the stream cannot be followed any further. */
export const TransportError = { wrongMagic: -1, tooLong: -2 } as const

/**
 * What to do with a complete message. One that is not accepted is dropped and the peer stays
 * connected; the checksum is judged first, as in Core's `V1Transport::GetReceivedMessage`.
 */
export type MessageOutcome = 'accepted' | 'badChecksum' | 'malformedType'

/**
 * The receiving half of Core's `V1Transport`, working in place: messages are parsed where recv put
 * them, and the payload of a complete one is the last `payloadLength` bytes that were consumed.
 *
 * ```ts
 * while (from < to) {
 *   const consumed = transport.receivedBytes(bytes, from, to)
 *   if (consumed < 0) return disconnect(consumed)
 *   from += consumed
 *   if (transport.complete) {
 *     deliver(transport.type, bytes, from - transport.payloadLength, from)
 *     transport.next()
 *   }
 * }
 * ```
 */
export class V1Transport {
  /** Bytes of the current message consumed so far, header included. */
  consumedBytes = 0
  /** Length of the current message, header included; 0 until its header is complete. */
  frameLength = 0
  /** Of the current message; known once its header is complete. `unknown` if it is malformed. */
  type: MessageType = MessageType.unknown
  /** Of the complete message. */
  outcome: MessageOutcome = 'accepted'

  private readonly magic: number
  private wellFormedType = true
  private checksum = 0
  /** The hash of a long payload that arrives piece by piece. */
  private hash: Hash | undefined = undefined

  /** @param magic the network's magic bytes as a little-endian 32-bit integer, signed or not */
  constructor(magic: number) {
    this.magic = magic | 0
  }

  /** Whether the current message is complete. It stays the current one until `next`. */
  get complete(): boolean {
    return this.frameLength !== 0 && this.consumedBytes === this.frameLength
  }

  /** Bytes of the current message's payload; 0 until its header is complete. */
  get payloadLength(): number {
    return this.frameLength === 0 ? 0 : this.frameLength - HEADER_SIZE
  }

  /**
   * Consumes bytes of `bytes[from, to)`, up to the end of the current message. The bytes of that
   * message that earlier calls consumed must stand right before `from`: the caller received them
   * there, or moved them.
   * @returns the number of bytes consumed (> 0 when `from < to`), or a negative `TransportError`
   */
  receivedBytes(bytes: Uint8Array, from: number, to: number): number {
    const start = from - this.consumedBytes
    if (this.frameLength === 0) {
      if (to - start < HEADER_SIZE) {
        this.consumedBytes = to - start
        return to - from
      }
      const length = this.readHeader(bytes, start)
      if (length < 0) return length
      this.frameLength = length
      this.consumedBytes = HEADER_SIZE
    } else if (this.complete) {
      throw new Error('receivedBytes on a complete message: call next() first')
    }
    this.readPayload(bytes, start, to)
    return start + this.consumedBytes - from
  }

  /** Starts the next message. Also drops an incomplete one. */
  next(): void {
    this.consumedBytes = 0
    this.frameLength = 0
    this.hash = undefined
  }

  /** @returns the length of the message, header included, or a negative `TransportError` */
  private readHeader(bytes: Uint8Array, start: number): number {
    if (readInt32(bytes, start) !== this.magic) return TransportError.wrongMagic
    const payloadLength = readInt32(bytes, start + 16) >>> 0
    if (payloadLength > MAX_PROTOCOL_MESSAGE_LENGTH) return TransportError.tooLong
    const type = readMessageType(bytes, start + 4)
    this.wellFormedType = type !== MALFORMED_TYPE
    this.type = type === MALFORMED_TYPE ? MessageType.unknown : type
    this.checksum = readInt32(bytes, start + 20)
    return HEADER_SIZE + payloadLength
  }

  private readPayload(bytes: Uint8Array, start: number, to: number): void {
    const from = start + this.consumedBytes
    const end = start + this.frameLength
    const piece = Math.min(to, end) - from
    this.consumedBytes += piece
    const long = this.payloadLength > HASHED_AT_ONCE_BYTES
    if (long && piece > 0 && piece < this.payloadLength) {
      this.hash ??= createHash('sha256')
      this.hash.update(new Uint8Array(bytes.buffer, bytes.byteOffset + from, piece))
    }
    if (this.complete) this.outcome = this.judge(bytes, start + HEADER_SIZE, end)
  }

  private judge(bytes: Uint8Array, from: number, to: number): MessageOutcome {
    if (this.payloadChecksum(bytes, from, to) !== this.checksum) return 'badChecksum'
    return this.wellFormedType ? 'accepted' : 'malformedType'
  }

  private payloadChecksum(bytes: Uint8Array, from: number, to: number): number {
    if (from === to) return EMPTY_CHECKSUM
    if (this.hash !== undefined) return checksumOfHash(sha256dFinish(this.hash))
    return checksumOfHash(sha256d(bytes, from, to))
  }
}

/**
 * A payload of at most one recv is hashed when it is complete, its first bytes still being in the
 * cache; a longer one as it arrives. A streaming hash costs about 1.5 µs more to set up.
 */
const HASHED_AT_ONCE_BYTES = 0x10000
