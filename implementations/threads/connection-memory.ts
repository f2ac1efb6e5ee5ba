import { Mutex } from './mutex.ts'
import { ReceiveQueue, receiveQueueBytes } from './receive-queue.ts'
import { SendQueue, sendQueueBytes } from './send-queue.ts'

/**
 * What two threads share of one connection, in a SharedArrayBuffer of its own: the bytes that
 * wait in each direction and the flags which `CNode` keeps as atomics. The socket thread makes
 * it when a connection opens and posts the buffer to the message-handler thread, which attaches.
 *
 *   [ control words ][ receive queue: descriptors, bytes ][ send queue: bytes ]
 *
 * The pages are touched only as they are used, so an idle connection costs a few kilobytes.
 */
export class ConnectionMemory {
  readonly buffer: SharedArrayBuffer
  /** Serialises Send, Recv and close on the socket (`m_sock_mutex`). */
  readonly sockMutex: Mutex
  /** Guards the send queue (`cs_vSend`). */
  readonly sendMutex: Mutex
  readonly received: ReceiveQueue
  readonly sending: SendQueue
  private readonly control: Int32Array

  static create(): ConnectionMemory {
    return new ConnectionMemory(
      new SharedArrayBuffer(CONTROL_BYTES + receiveQueueBytes + sendQueueBytes),
    )
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.control = new Int32Array(buffer, 0, CONTROL_BYTES / 4)
    this.sockMutex = new Mutex(this.control, Control.sockMutex)
    this.sendMutex = new Mutex(this.control, Control.sendMutex)
    this.received = new ReceiveQueue(buffer, CONTROL_BYTES)
    this.sending = new SendQueue(buffer, CONTROL_BYTES + receiveQueueBytes)
  }

  /** The socket is closed; under `sockMutex` it may be used only while this is false. */
  get closed(): boolean {
    return Atomics.load(this.control, Control.closed) === 1
  }
  markClosed(): void {
    Atomics.store(this.control, Control.closed, 1)
  }

  /** Somebody wants this connection gone (`fDisconnect`); the socket thread closes it. */
  get disconnectRequested(): boolean {
    return Atomics.load(this.control, Control.disconnect) === 1
  }
  requestDisconnect(): void {
    Atomics.store(this.control, Control.disconnect, 1)
  }

  /** The protocol's handshake is done (`fSuccessfullyConnected`). */
  get successfullyConnected(): boolean {
    return Atomics.load(this.control, Control.successfullyConnected) === 1
  }
  markSuccessfullyConnected(): void {
    Atomics.store(this.control, Control.successfullyConnected, 1)
  }
}

const Control = { sockMutex: 0, sendMutex: 1, closed: 2, disconnect: 3, successfullyConnected: 4 }
const CONTROL_BYTES = 64
