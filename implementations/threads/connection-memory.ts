import { ReceiveQueue, receiveQueueBytes } from './receive-queue.ts'
import { sendQueueBytes } from './send-queue.ts'
import { FIRST_OWN_CONTROL, SOCKET_CONTROL_BYTES, SocketMemory } from './socket-memory.ts'

/**
 * What two threads share of one P2P connection, in a SharedArrayBuffer of its own: the bytes that
 * wait in each direction and the flags which `CNode` keeps as atomics. The socket thread makes
 * it when a connection opens and posts the buffer to the message-handler thread, which attaches.
 *
 *   [ control words ][ receive queue: descriptors, bytes ][ send queue: bytes ]
 *
 * The pages are touched only as they are used, so an idle connection costs a few kilobytes.
 */
export class ConnectionMemory extends SocketMemory {
  readonly received: ReceiveQueue

  /** @param connectionId never used before in its service */
  static create(connectionId = 0): ConnectionMemory {
    const memory = new ConnectionMemory(
      new SharedArrayBuffer(SOCKET_CONTROL_BYTES + receiveQueueBytes + sendQueueBytes),
    )
    memory.setConnectionId(connectionId)
    return memory
  }

  constructor(buffer: SharedArrayBuffer) {
    super(buffer, SOCKET_CONTROL_BYTES + receiveQueueBytes)
    this.received = new ReceiveQueue(buffer, SOCKET_CONTROL_BYTES, this)
  }

  override get protocol() {
    return 'p2p' as const
  }

  /** The protocol's handshake is done (`fSuccessfullyConnected`). */
  get successfullyConnected(): boolean {
    return Atomics.load(this.control, SUCCESSFULLY_CONNECTED) === 1
  }
  markSuccessfullyConnected(): void {
    Atomics.store(this.control, SUCCESSFULLY_CONNECTED, 1)
  }
}

const SUCCESSFULLY_CONNECTED = FIRST_OWN_CONTROL
