import { RECV_CHUNK_BYTES } from './receive-queue.ts'
import { SEND_BUFFER_BYTES, sendQueueBytesFor } from './send-queue.ts'
import { FIRST_OWN_CONTROL, SOCKET_CONTROL_BYTES, SocketMemory } from './socket-memory.ts'

/**
 * What two threads share of one subscriber to a source of messages: how many it has asked for, and
 * the bytes that wait to be sent to it, up to `SEND_BUFFER_BYTES`.
 *
 *   [ control words ][ send queue ]
 */
export class PushConnectionMemory extends SocketMemory {
  /** What a subscriber sends is read at once and kept nowhere. */
  readonly received = { reserve: (): Uint8Array => scratch }

  /** @param connectionId never used before in its service */
  static create(connectionId = 0): PushConnectionMemory {
    const memory = new PushConnectionMemory(
      new SharedArrayBuffer(SOCKET_CONTROL_BYTES + sendQueueBytesFor(SEND_BUFFER_BYTES)),
    )
    memory.setConnectionId(connectionId)
    return memory
  }

  override get protocol() {
    return 'push' as const
  }

  /** The subscriber asks for so many messages, above 0 and below 2^32; replaces what it asked for. */
  request(messages: number): void {
    Atomics.store(this.control, REQUESTED, messages)
  }

  /** @returns what was asked for since the last call, or 0 */
  takeRequest(): number {
    if (Atomics.load(this.control, REQUESTED) === 0) return 0
    return Atomics.exchange(this.control, REQUESTED, 0) >>> 0
  }
}

/** One recv, as for every protocol. A module is loaded once per thread, and a recv is handled at once. */
const scratch = new Uint8Array(RECV_CHUNK_BYTES)

const REQUESTED = FIRST_OWN_CONTROL
