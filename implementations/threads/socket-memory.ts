import {
  closedConnection,
  type TracedConnection,
  type TracedProtocol,
  traceClosedConnection,
} from './message-points.ts'
import { Mutex } from './mutex.ts'
import { SendQueue } from './send-queue.ts'

/**
 * What the threads of a service share of any connection, whatever it speaks: the flags that Core
 * keeps as atomics, the two mutexes, and the bytes that wait to be sent. A protocol's own memory
 * extends it.
 *
 *   [ control words ][ what the protocol adds ][ send queue ]
 */
export class SocketMemory implements TracedConnection {
  readonly buffer: SharedArrayBuffer
  /** Serialises Send, Recv and close on the socket (`m_sock_mutex`). */
  readonly sockMutex: Mutex
  /** Guards the send queue (`cs_vSend`). */
  readonly sendMutex: Mutex
  readonly sending: SendQueue
  protected readonly control: Int32Array

  /** @param sendQueueAt where in `buffer` the send queue begins; it takes all from there */
  constructor(buffer: SharedArrayBuffer, sendQueueAt: number = SOCKET_CONTROL_BYTES) {
    this.buffer = buffer
    this.control = new Int32Array(buffer, 0, SOCKET_CONTROL_BYTES / 4)
    this.sockMutex = new Mutex(this.control, SocketControl.sockMutex)
    this.sendMutex = new Mutex(this.control, SocketControl.sendMutex)
    this.sending = new SendQueue(buffer, sendQueueAt, this)
  }

  get protocol(): TracedProtocol {
    return 'none'
  }

  /** Which connection this is: never the same again in its service. */
  get connectionId(): number {
    return this.control[SocketControl.connectionId]
  }
  protected setConnectionId(connectionId: number): void {
    this.control[SocketControl.connectionId] = connectionId
  }

  /** The socket is closed; under `sockMutex` it may be used only while this is false. */
  get closed(): boolean {
    return Atomics.load(this.control, SocketControl.closed) === 1
  }
  markClosed(): void {
    Atomics.store(this.control, SocketControl.closed, 1)
    if (closedConnection.hasSubscribers) traceClosedConnection(this)
  }

  /** Somebody wants this connection gone (`fDisconnect`); the socket thread closes it. */
  get disconnectRequested(): boolean {
    return Atomics.load(this.control, SocketControl.disconnect) === 1
  }
  requestDisconnect(): void {
    Atomics.store(this.control, SocketControl.disconnect, 1)
  }
}

const SocketControl = { sockMutex: 0, sendMutex: 1, closed: 2, disconnect: 3, connectionId: 4 }
/** The first words that a protocol's memory may use for itself. */
export const FIRST_OWN_CONTROL = 5
export const SOCKET_CONTROL_BYTES = 128

/** A connection's memory, and where its next recv goes: nowhere when there is no room. */
export type ReceivingMemory = SocketMemory & { readonly received: { reserve(): Uint8Array } }
