import { SV2_HEADER_SIZE } from './frame.ts'

/** Why a connection must end: its next message is longer than the receiver takes. */
export const SV2_TOO_LONG = -1

/**
 * Takes messages out of a stream of bytes that may be split anywhere. It copies each message into
 * memory of its own, which its longest one fits.
 *
 * ```ts
 * while (from < to) {
 *   const consumed = transport.receivedBytes(bytes, from, to)
 *   if (consumed < 0) return disconnect()
 *   from += consumed
 *   if (transport.complete) {
 *     deliver(transport.messageType, transport.payload)
 *     transport.next()
 *   }
 * }
 * ```
 */
export class Sv2Transport {
  private readonly frame: Uint8Array
  /** Bytes of the current message consumed so far, header included. */
  private consumedBytes = 0
  /** Length of the current message, header included; 0 until its header is complete. */
  private frameLength = 0

  /** @param maxPayloadLength a message above it cannot be received, in bytes */
  constructor(maxPayloadLength: number) {
    this.frame = new Uint8Array(SV2_HEADER_SIZE + maxPayloadLength)
  }

  /** Whether the current message is complete. It stays the current one until `next`. */
  get complete(): boolean {
    return this.frameLength !== 0 && this.consumedBytes === this.frameLength
  }

  /** Of the complete message. */
  get extensionType(): number {
    return this.frame[0] | (this.frame[1] << 8)
  }

  /** Of the complete message. */
  get messageType(): number {
    return this.frame[2]
  }

  /** Of the complete message; valid until the next one's bytes are received. */
  get payload(): Uint8Array {
    return this.frame.subarray(SV2_HEADER_SIZE, this.frameLength)
  }

  /**
   * Consumes bytes of `bytes[from, to)`, up to the end of the current message.
   * @returns the number of bytes consumed (> 0 when `from < to`), or `SV2_TOO_LONG`
   */
  receivedBytes(bytes: Uint8Array, from: number, to: number): number {
    if (this.complete) throw new Error('receivedBytes on a complete message: call next() first')
    let at = from
    if (this.frameLength === 0) {
      at += this.take(bytes, at, to, SV2_HEADER_SIZE)
      if (this.consumedBytes < SV2_HEADER_SIZE) return at - from
      const frameLength = SV2_HEADER_SIZE + this.payloadLength
      if (frameLength > this.frame.length) return SV2_TOO_LONG
      this.frameLength = frameLength
    }
    at += this.take(bytes, at, to, this.frameLength)
    return at - from
  }

  /** Starts the next message. Also drops an incomplete one. */
  next(): void {
    this.consumedBytes = 0
    this.frameLength = 0
  }

  /** As the header says. */
  private get payloadLength(): number {
    return this.frame[3] | (this.frame[4] << 8) | (this.frame[5] << 16)
  }

  /** Copies what is there, until `end` bytes of the message are. @returns how many bytes */
  private take(bytes: Uint8Array, from: number, to: number, end: number): number {
    const length = Math.min(to - from, end - this.consumedBytes)
    this.frame.set(bytes.subarray(from, from + length), this.consumedBytes)
    this.consumedBytes += length
    return length
  }
}
