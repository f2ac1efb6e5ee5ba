import {
  completeMessage,
  handledMessage,
  inboundMessage,
  NO_CONNECTION,
  publishedMessages,
  receivedBytes,
  type TracedConnection,
  traceCompleteMessage,
  traceHandledMessage,
  traceInboundMessage,
  tracePublishedMessages,
  traceReceivedBytes,
} from './message-points.ts'
import { elapsedMs, monotonicMs } from './monotonic-clock.ts'
import { Mutex } from './mutex.ts'

/** Core's `-maxreceivebuffer`: above this many queued bytes a connection is not received from. */
const RECEIVE_FLOOD_BYTES = 5_000_000
/** One recv takes at most this much (Core's 0x10000-byte buffer). */
export const RECV_CHUNK_BYTES = 0x10000
/** What a queued message counts besides its bytes, as in Core's `GetMemoryUsage`. */
const MESSAGE_OVERHEAD_BYTES = 128
const CAPACITY_BYTES = 18 << 20

/**
 * The messages one connection has received and nobody has handled yet (`m_msg_process_queue`).
 *
 * Bytes are received straight to where they are handled: the socket thread asks for room
 * (`reserve`), receives into it, parses in place and publishes each complete message; the
 * message-handler thread takes them one by one, reads them where they lie, and releases them in
 * the same order. Messages that follow each other in memory form a run. A message never wraps;
 * it goes to the lowest gap between runs that holds it and one recv more, since low memory is
 * what was used a moment ago and is still in the cache. At most one recv of it has to move.
 *
 *   bytes:  [ …gap… | run: oldest … | …gap… | run: … newest complete | incomplete message ] … ]
 *                                                                    ^ frameStart         ^ tail
 *
 * Above RECEIVE_FLOOD_BYTES `paused` turns true (`fPauseRecv`); taking a message below it turns
 * it false again. No hysteresis, as in Core.
 */
export class ReceiveQueue {
  /** The connection's receive memory; messages are given as offsets into it. */
  readonly bytes: Uint8Array
  private readonly control: Int32Array
  private readonly descriptors: Int32Array
  private readonly mutex: Mutex
  /** Whose messages these are, for tracepoints. */
  private readonly owner: TracedConnection

  // The socket thread's own.
  private frameStart = 0
  private tail = 0
  /** In the order of their messages. */
  private readonly runs: Run[] = []
  private appendedMessages = 0
  private unpublishedMessages = 0
  private unpublishedBytes = 0
  private expectedBytes = 0
  private starved = false

  // The message-handler thread's own.
  private takenMessages = 0
  /** The message last taken: its type, and where its payload lies in `bytes`. */
  type = 0
  payloadOffset = 0
  payloadLength = 0

  constructor(
    buffer: SharedArrayBuffer,
    byteOffset: number,
    owner: TracedConnection = NO_CONNECTION,
  ) {
    this.owner = owner
    this.control = new Int32Array(buffer, byteOffset, CONTROL_BYTES / 4)
    this.mutex = new Mutex(this.control, Control.mutex)
    const descriptorsAt = byteOffset + CONTROL_BYTES
    this.descriptors = new Int32Array(buffer, descriptorsAt, DESCRIPTOR_BYTES / 4)
    this.bytes = new Uint8Array(buffer, descriptorsAt + DESCRIPTOR_BYTES, CAPACITY_BYTES)
  }

  // ---- socket thread ----

  /** Do not poll this connection for RECV: too much is queued (`fPauseRecv`), or no gap is free. */
  get paused(): boolean {
    if (Atomics.load(this.control, Control.paused) === 1) return true
    return this.starved && this.reserve().length === 0
  }

  /**
   * Room for one recv, right after the bytes received so far; empty when no gap is large enough
   * now (only a peer that alternates tiny and huge messages gets there).
   */
  reserve(): Uint8Array {
    const { bytes } = this
    const partialBytes = this.tail - this.frameStart
    const neededBytes = Math.max(this.expectedBytes, partialBytes) + RECV_CHUNK_BYTES
    this.forgetReleasedRuns()
    const gap = this.lowestGap(neededBytes)
    this.starved = gap < 0
    if (this.starved) return NO_ROOM
    const movesCheaply = gap < this.frameStart && partialBytes <= RECV_CHUNK_BYTES
    if (movesCheaply || !this.isFree(this.frameStart, neededBytes)) this.moveIncompleteMessage(gap)
    return new Uint8Array(bytes.buffer, bytes.byteOffset + this.tail, RECV_CHUNK_BYTES)
  }

  /** Says that `n` bytes were received into the reserved room. @returns the offset of the first. */
  received(n: number): number {
    const from = this.tail
    this.tail += n
    if (receivedBytes.hasSubscribers) traceReceivedBytes(this.owner, n)
    return from
  }

  /** Full length of the incomplete message, once its header tells it (0 before). */
  expect(frameLength: number): void {
    this.expectedBytes = frameLength
  }

  /** The message that ends before `end` is complete; it is handed over by `publish`. */
  append(type: number, payloadLength: number, end: number): void {
    const at = (this.appendedMessages & DESCRIPTOR_MASK) * DESCRIPTOR_WORDS
    this.descriptors[at] = type
    this.descriptors[at + 1] = end - payloadLength
    this.descriptors[at + 2] = payloadLength
    this.descriptors[at + 3] = this.frameStart
    const newestRun = this.runs.at(-1)
    if (newestRun !== undefined && newestRun.end === this.frameStart) {
      newestRun.end = end
      newestRun.lastMessage = this.appendedMessages
    } else {
      this.runs.push({ start: this.frameStart, end, lastMessage: this.appendedMessages })
    }
    if (completeMessage.hasSubscribers) this.traceComplete(type, end)
    this.appendedMessages++
    this.unpublishedMessages++
    this.unpublishedBytes += end - this.frameStart + MESSAGE_OVERHEAD_BYTES
    this.frameStart = end
  }

  private traceComplete(type: number, end: number): void {
    const sizeBytes = end - this.frameStart
    traceCompleteMessage(this.owner, this.appendedMessages, type, sizeBytes, this.tail - end)
  }

  /** The message that ends before `end` is not wanted: its bytes are free again. */
  drop(end: number): void {
    // A short one is freed with its neighbours, or a peer could make as many runs as it likes.
    const newestRun = this.runs.at(-1)
    if (newestRun?.end === this.frameStart && end - this.frameStart <= RECV_CHUNK_BYTES) {
      newestRun.end = end
    }
    this.frameStart = end
  }

  /**
   * Hands what was appended to the message-handler thread (`MarkReceivedMsgsForProcessing`).
   * @returns whether this paused the connection
   */
  publish(): boolean {
    // Before anybody can take them: a later stage has a later time.
    if (publishedMessages.hasSubscribers) {
      tracePublishedMessages(this.owner, this.appendedMessages)
    }
    this.mutex.lock()
    const queuedBytes = this.control[Control.queuedBytes] + this.unpublishedBytes
    this.control[Control.queuedBytes] = queuedBytes
    Atomics.add(this.control, Control.count, this.unpublishedMessages)
    const pausesNow = queuedBytes > RECEIVE_FLOOD_BYTES && this.control[Control.paused] === 0
    if (pausesNow) Atomics.store(this.control, Control.paused, 1)
    this.mutex.unlock()
    this.unpublishedMessages = 0
    this.unpublishedBytes = 0
    return pausesNow
  }

  /**
   * Milliseconds since the last pause ended, told once; -1 when there is none to tell. A loop
   * that sleeps through the end of a pause waits up to its timeout before it receives again.
   */
  takeResumeDelayMs(): number {
    const resumedAtMs = Atomics.load(this.control, Control.resumedAtMs)
    if (resumedAtMs === 0) return -1
    Atomics.store(this.control, Control.resumedAtMs, 0)
    return elapsedMs(resumedAtMs)
  }

  // ---- message-handler thread ----

  /** Takes the oldest message into `type`, `payloadOffset`, `payloadLength`. @returns whether there was one */
  take(): boolean {
    if (Atomics.load(this.control, Control.count) === 0) return false
    this.mutex.lock()
    const at = (this.takenMessages & DESCRIPTOR_MASK) * DESCRIPTOR_WORDS
    this.type = this.descriptors[at]
    this.payloadOffset = this.descriptors[at + 1]
    this.payloadLength = this.descriptors[at + 2]
    const frameBytes = this.payloadOffset + this.payloadLength - this.descriptors[at + 3]
    const queuedBytes = this.control[Control.queuedBytes] - frameBytes - MESSAGE_OVERHEAD_BYTES
    this.control[Control.queuedBytes] = queuedBytes
    Atomics.sub(this.control, Control.count, 1)
    if (queuedBytes <= RECEIVE_FLOOD_BYTES && this.control[Control.paused] === 1) {
      Atomics.store(this.control, Control.resumedAtMs, monotonicMs())
      Atomics.store(this.control, Control.paused, 0)
    }
    this.mutex.unlock()
    if (inboundMessage.hasSubscribers) {
      traceInboundMessage(this.owner, this.takenMessages, this.type, this.payloadLength)
    }
    this.takenMessages++
    return true
  }

  /** The taken message is handled: its bytes may be received over. @returns whether more wait */
  release(): boolean {
    if (handledMessage.hasSubscribers) traceHandledMessage(this.owner, this.takenMessages - 1)
    Atomics.store(this.control, Control.released, this.takenMessages)
    return Atomics.load(this.control, Control.count) > 0
  }

  // ---- placing the incomplete message ----

  private forgetReleasedRuns(): void {
    const released = Atomics.load(this.control, Control.released)
    while (this.runs.length > 0 && isBefore(this.runs[0].lastMessage, released)) this.runs.shift()
    if (this.runs.length > 0) {
      this.runs[0].start = this.descriptors[(released & DESCRIPTOR_MASK) * DESCRIPTOR_WORDS + 3]
    }
  }

  /** Offset of the lowest gap of `neededBytes` between the runs, or -1. */
  private lowestGap(neededBytes: number): number {
    let start = 0
    for (let run = this.runOver(start, neededBytes); run !== undefined; ) {
      start = run.end
      run = this.runOver(start, neededBytes)
    }
    return start + neededBytes <= CAPACITY_BYTES ? start : -1
  }

  private isFree(start: number, neededBytes: number): boolean {
    return start + neededBytes <= CAPACITY_BYTES && this.runOver(start, neededBytes) === undefined
  }

  private runOver(start: number, lengthBytes: number): Run | undefined {
    for (const run of this.runs) {
      if (run.start < start + lengthBytes && start < run.end) return run
    }
    return undefined
  }

  private moveIncompleteMessage(to: number): void {
    this.bytes.copyWithin(to, this.frameStart, this.tail)
    this.tail = to + this.tail - this.frameStart
    this.frameStart = to
  }
}

/** Message numbers are compared as 32-bit serial numbers: a long session counts past 2^31. */
function isBefore(message: number, other: number): boolean {
  return ((message - other) | 0) < 0
}

interface Run {
  start: number
  end: number
  /** Number of its newest message, counted from the connection's first. */
  lastMessage: number
}

const NO_ROOM = new Uint8Array(0)

const Control = { mutex: 0, count: 1, queuedBytes: 2, paused: 3, released: 4, resumedAtMs: 5 }
const CONTROL_BYTES = 64
const DESCRIPTOR_WORDS = 4
/** More than fit below the flood limit, at MESSAGE_OVERHEAD_BYTES and a 24-byte header each, and one recv. */
const DESCRIPTORS = 1 << 16
const DESCRIPTOR_MASK = DESCRIPTORS - 1
const DESCRIPTOR_BYTES = DESCRIPTORS * DESCRIPTOR_WORDS * 4

export const receiveQueueBytes = CONTROL_BYTES + DESCRIPTOR_BYTES + CAPACITY_BYTES
