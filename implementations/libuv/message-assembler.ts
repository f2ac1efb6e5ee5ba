import { HEADER_SIZE, REGTEST_MAGIC } from '../protocol/p2p/constants.ts'
import type { MessageType } from '../protocol/p2p/message-type.ts'
import { TransportError, V1Transport } from '../protocol/p2p/v1-transport.ts'

/** A message's payload is `bytes[from, to)`, until the next call of `receive`. */
type Deliver = (type: MessageType, bytes: Uint8Array, from: number, to: number) => void

/**
 * Makes messages of the chunks that a stream brings. A message that is whole in a chunk is delivered
 * where it lies; one that is not is put together in a buffer, which is kept for the next such.
 */
export class MessageAssembler {
  /** Why `receive` answered false; completes "it …". */
  failure = ''
  private readonly transport = new V1Transport(REGTEST_MAGIC)
  /** The beginning of a message whose rest is still to come. */
  private begun = Buffer.alloc(HEADER_SIZE)
  private begunLength = 0

  /**
   * Delivers every message that `data` completes, except one with a bad checksum or a malformed type.
   * @returns false when the stream cannot be followed and the peer must be disconnected
   */
  receive(data: Uint8Array, deliver: Deliver): boolean {
    let from = 0
    while (from < data.length) {
      const consumed =
        this.begunLength === 0
          ? this.receiveInPlace(data, from, deliver)
          : this.receiveRest(data, from, deliver)
      if (consumed < 0) {
        this.failure =
          consumed === TransportError.tooLong
            ? 'announced a message above 4,000,000 bytes'
            : 'sent what is no message: wrong magic'
        return false
      }
      from += consumed
    }
    return true
  }

  /** The message begins at `from`. */
  private receiveInPlace(data: Uint8Array, from: number, deliver: Deliver): number {
    const consumed = this.transport.receivedBytes(data, from, data.length)
    if (consumed < 0) return consumed
    if (this.transport.complete) this.deliver(data, from + consumed, deliver)
    else this.begin(data.subarray(from))
    return consumed
  }

  /** The message has begun in an earlier chunk; no more than the rest of it, or of its header, is taken. */
  private receiveRest(data: Uint8Array, from: number, deliver: Deliver): number {
    const { transport, begunLength } = this
    const end = transport.frameLength === 0 ? HEADER_SIZE : transport.frameLength
    const piece = data.subarray(from, from + end - begunLength)
    this.begin(piece)
    const consumed = transport.receivedBytes(this.begun, begunLength, this.begunLength)
    if (consumed < 0) return consumed
    if (transport.complete) {
      this.begunLength = 0
      this.deliver(this.begun, end, deliver)
    }
    return piece.length
  }

  private begin(piece: Uint8Array): void {
    const neededBytes = Math.max(this.transport.frameLength, HEADER_SIZE)
    if (this.begun.length < neededBytes) {
      const larger = Buffer.allocUnsafeSlow(neededBytes)
      larger.set(this.begun.subarray(0, this.begunLength))
      this.begun = larger
    }
    this.begun.set(piece, this.begunLength)
    this.begunLength += piece.length
  }

  private deliver(bytes: Uint8Array, to: number, deliver: Deliver): void {
    const { transport } = this
    if (transport.outcome === 'accepted') {
      deliver(transport.type, bytes, to - transport.payloadLength, to)
    }
    transport.next()
  }
}
