import {
  NO_CONNECTION,
  outboundMessage,
  sentBytes,
  type TracedConnection,
  traceOutboundMessage,
  traceSentBytes,
} from './message-points.ts'
import { elapsedMs, monotonicMs } from './monotonic-clock.ts'

/** Core's `-maxsendbuffer`: above this many bytes to send no more messages of the peer are handled. */
export const SEND_BUFFER_BYTES = 1_000_000
/** What handling one P2P message may queue on top of that, and no more: the peer is dropped first. */
const CAPACITY_BYTES = SEND_BUFFER_BYTES + 5_000_000

/**
 * The bytes one connection has still to send (`vSendMsg`, serialised). Both threads send from
 * it, so every use is under the connection's `sendMutex`. The bytes are contiguous; the space
 * before them is taken back when they run out or when room is needed at the end.
 *
 *   bytes: [ …sent… | queued, oldest first | …free… ]
 *                   ^ head                 ^ head + length
 */
export class SendQueue {
  private readonly control: Int32Array
  private readonly bytes: Uint8Array
  /** Whose bytes these are, for tracepoints. */
  private readonly owner: TracedConnection

  /** It takes all of the buffer from `byteOffset` on. */
  constructor(
    buffer: SharedArrayBuffer,
    byteOffset: number,
    owner: TracedConnection = NO_CONNECTION,
  ) {
    this.owner = owner
    this.control = new Int32Array(buffer, byteOffset, CONTROL_BYTES / 4)
    this.bytes = new Uint8Array(buffer, byteOffset + CONTROL_BYTES)
  }

  get isEmpty(): boolean {
    return this.lengthBytes === 0
  }
  get lengthBytes(): number {
    return Atomics.load(this.control, Control.length)
  }
  /** How far the memory has been written to, by every connection that has had it: so much is resident. */
  get mostUsedBytes(): number {
    return this.control[Control.mostUsedBytes]
  }

  /** `fPauseSend`: too much is queued; do not handle more messages of this peer. */
  get paused(): boolean {
    return Atomics.load(this.control, Control.length) > SEND_BUFFER_BYTES
  }

  /** Room for a message of `lengthBytes` behind what is queued, or undefined when it is full. */
  reserve(lengthBytes: number): Uint8Array | undefined {
    let tail = this.control[Control.head] + this.control[Control.length]
    if (this.headIsHigh || tail + lengthBytes > this.bytes.length) {
      this.bytes.copyWithin(0, this.control[Control.head], tail)
      this.control[Control.head] = 0
      tail = this.control[Control.length]
    }
    if (tail + lengthBytes > this.bytes.length) return undefined
    return this.bytes.subarray(tail, tail + lengthBytes)
  }

  /**
   * So much was sent since the queue was last empty that moving the rest costs less than that did; it
   * keeps the memory that a slow reader's queue has touched from growing up to all there is.
   */
  private get headIsHigh(): boolean {
    const head = this.control[Control.head]
    return head >= SEND_BUFFER_BYTES && head >= this.control[Control.length]
  }

  /**
   * The reserved room is filled.
   * @param type for a tracepoint: see `OutboundMessage`
   */
  append(lengthBytes: number, type = 0): void {
    const before = Atomics.add(this.control, Control.length, lengthBytes)
    const end = this.control[Control.head] + before + lengthBytes
    if (end > this.control[Control.mostUsedBytes]) this.control[Control.mostUsedBytes] = end
    if (outboundMessage.hasSubscribers) {
      traceOutboundMessage(this.owner, type, lengthBytes, before + lengthBytes)
    }
  }

  /** All that is queued. */
  pending(): Uint8Array {
    const head = this.control[Control.head]
    return this.bytes.subarray(head, head + this.control[Control.length])
  }

  /** The first `n` queued bytes were sent. */
  consume(n: number): void {
    const left = this.control[Control.length] - n
    this.control[Control.head] = left === 0 ? 0 : this.control[Control.head] + n
    Atomics.store(this.control, Control.length, left)
    if (sentBytes.hasSubscribers) traceSentBytes(this.owner, n, left)
  }

  /** Another connection takes the memory over. */
  clear(): void {
    const { mostUsedBytes } = this
    this.control.fill(0)
    this.control[Control.mostUsedBytes] = mostUsedBytes
  }

  /** Bytes are left for the loop to send: it may be asleep for up to its timeout. */
  startWaiting(): void {
    if (this.control[Control.waitingSinceMs] === 0) {
      this.control[Control.waitingSinceMs] = monotonicMs()
    }
  }

  /** Milliseconds since `startWaiting`, told once; -1 when nothing waited. */
  takeWaitMs(): number {
    const sinceMs = this.control[Control.waitingSinceMs]
    if (sinceMs === 0) return -1
    this.control[Control.waitingSinceMs] = 0
    return elapsedMs(sinceMs)
  }
}

const Control = { head: 0, length: 1, waitingSinceMs: 2, mostUsedBytes: 3 }
const CONTROL_BYTES = 64

/** What a send queue takes that holds `capacityBytes`. */
export function sendQueueBytesFor(capacityBytes: number): number {
  return CONTROL_BYTES + capacityBytes
}

export const sendQueueBytes = sendQueueBytesFor(CAPACITY_BYTES)
