import { REGTEST_MAGIC } from '../../implementations/protocol/p2p/constants.ts'
import type { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { TransportError, V1Transport } from '../../implementations/protocol/p2p/v1-transport.ts'
import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import type { Sock } from '../../implementations/sock/sock.ts'

const RECV_BYTES = 0x10000

/**
 * The messages that arrive on a socket. Dropped, as in Core: messages with a bad checksum or a
 * malformed type.
 */
export class MessageStream {
  readonly #transport = new V1Transport(REGTEST_MAGIC)
  #bytes = new Uint8Array(RECV_BYTES)

  /**
   * One recv. `onMessage` gets each complete message; its payload is valid during the call.
   * @returns why the connection must end, if it must
   */
  receive(
    sock: Sock,
    onMessage: (type: MessageType, payload: Uint8Array) => string | undefined,
  ): string | undefined {
    const transport = this.#transport
    // The incomplete message starts at 0.
    let from = transport.consumedBytes
    const received = sock.recv(this.#bytes.subarray(from))
    if (received === 0) return 'closed by the other side'
    if (received < 0) return isTransient(-received) ? undefined : errnoName(-received)
    const to = from + received
    while (from < to) {
      const consumed = transport.receivedBytes(this.#bytes, from, to)
      if (consumed === TransportError.wrongMagic) return 'bytes that are no P2P message'
      if (consumed < 0) return 'a message above the length limit'
      from += consumed
      if (!transport.complete) continue
      const payload = this.#bytes.subarray(from - transport.payloadLength, from)
      const reason = transport.outcome === 'accepted' && onMessage(transport.type, payload)
      if (reason) return reason
      transport.next()
    }
    this.#makeRoom(to)
    return undefined
  }

  /** Moves the incomplete message to the front, into memory that can hold it whole. */
  #makeRoom(to: number): void {
    const { consumedBytes, frameLength } = this.#transport
    const start = to - consumedBytes
    if (frameLength > this.#bytes.length) {
      const larger = new Uint8Array(frameLength)
      larger.set(this.#bytes.subarray(start, to))
      this.#bytes = larger
    } else if (start > 0 && consumedBytes > 0) {
      this.#bytes.copyWithin(0, start, to)
    }
  }
}
