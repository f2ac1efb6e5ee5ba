import { REGTEST_MAGIC } from '../protocol/p2p/constants.ts'
import { TransportError, V1Transport } from '../protocol/p2p/v1-transport.ts'
import type { ReceiveQueue } from '../threads/receive-queue.ts'

/** Turns the bytes of one connection into messages in its receive queue, on the socket thread. */
export class MessageReceiver {
  private readonly queue: ReceiveQueue
  private readonly transport = new V1Transport(REGTEST_MAGIC)
  /** Messages that the last `receiveMsgBytes` completed. */
  completed = 0
  /** Why the last `receiveMsgBytes` answered false. */
  failure = ''

  constructor(queue: ReceiveQueue) {
    this.queue = queue
  }

  /**
   * `CNode::ReceiveMsgBytes`. A message with a bad checksum or a malformed type is dropped.
   * @param data what was received into the room that the queue had reserved
   * @returns false when the stream cannot be followed and the peer must be disconnected
   */
  receiveMsgBytes(data: Uint8Array): boolean {
    const { queue, transport } = this
    this.completed = 0
    let from = queue.received(data.length)
    const to = from + data.length
    while (from < to) {
      const consumed = transport.receivedBytes(queue.bytes, from, to)
      if (consumed < 0) {
        this.failure =
          consumed === TransportError.tooLong
            ? 'announced a message above 4,000,000 bytes'
            : 'sent what is no message: wrong magic'
        return false
      }
      from += consumed
      if (!transport.complete) continue
      if (transport.outcome === 'accepted') {
        queue.append(transport.type, transport.payloadLength, from)
        this.completed++
      } else {
        queue.drop(from)
      }
      transport.next()
    }
    queue.expect(transport.frameLength)
    return true
  }
}
