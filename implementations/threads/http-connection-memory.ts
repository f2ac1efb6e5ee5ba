import {
  handledMessage,
  publishedMessages,
  traceHandledMessage,
  tracePublishedMessages,
  UNNUMBERED,
} from './message-points.ts'
import { elapsedMs, monotonicMs } from './monotonic-clock.ts'
import { RECV_CHUNK_BYTES } from './receive-queue.ts'
import { sendQueueBytesFor } from './send-queue.ts'
import { FIRST_OWN_CONTROL, SOCKET_CONTROL_BYTES, SocketMemory } from './socket-memory.ts'

/** A request's target is shorter than its head, which may have so much (Core's MAX_HEADERS_SIZE). */
const MAX_TARGET_BYTES = 8_192
/** A request's body (Core's MAX_SIZE). */
const MAX_BODY_BYTES = 32 << 20
/** A reply as large as the largest body, which `echo` gives, behind what may be queued already. */
const SEND_CAPACITY_BYTES = MAX_BODY_BYTES + (2 << 20)
/** Of a body or of a send queue; a connection that uses more of its memory is large. */
const LARGE_BYTES = 2 << 20

/**
 * What the threads of an HTTP server share of one connection: its one request in flight, and the
 * replies that wait to be sent. The socket thread puts a request there and marks it in flight; the
 * thread that handles it queues the reply and marks it answered.
 *
 *   [ control words ][ target ][ body ][ send queue ]
 *
 * The pages are touched only as they are used. A connection's memory is used again by another
 * connection once it is closed and nothing is in flight: `connectionId` tells the two apart.
 */
export class HttpConnectionMemory extends SocketMemory {
  /** Where the body of the request in flight is put. */
  readonly body: Uint8Array
  /** What a client sends is parsed at once, and what must be kept is copied. */
  readonly received = { reserve: (): Uint8Array => scratch }
  private readonly target: Buffer

  static create(): HttpConnectionMemory {
    return new HttpConnectionMemory(new SharedArrayBuffer(TOTAL_BYTES))
  }

  constructor(buffer: SharedArrayBuffer) {
    super(buffer, SEND_QUEUE_AT)
    this.target = Buffer.from(buffer, SOCKET_CONTROL_BYTES, MAX_TARGET_BYTES)
    this.body = new Uint8Array(buffer, BODY_AT, MAX_BODY_BYTES)
  }

  override get protocol() {
    return 'http' as const
  }

  get fd(): number {
    return this.control[Control.fd]
  }

  /** A new connection takes this memory over from one that is closed, with nothing in flight. */
  open(connectionId: number, fd: number): void {
    // The thread that has marked the last request answered does so, and goes on, under this mutex.
    this.sendMutex.lock()
    this.sendMutex.unlock()
    const { largestBodyBytes } = this
    this.control.fill(0)
    this.control[Control.largestBodyBytes] = largestBodyBytes
    this.setConnectionId(connectionId)
    this.control[Control.fd] = fd
    this.sending.clear()
  }

  /** A request was given to a handler, and no reply is queued yet: no other of this connection is handled. */
  get requestInFlight(): boolean {
    return Atomics.load(this.control, Control.flight) !== Flight.none
  }

  /** By the socket thread, with the body in `body`. What it tells may be read until `markAnswered`. */
  startRequest({ method, target, bodyLength, keepAlive, versionMinor }: RequestInMemory): void {
    this.control[Control.method] = httpMethods.indexOf(method)
    this.control[Control.targetLength] = this.target.write(target, 'latin1')
    this.control[Control.bodyLength] = bodyLength
    this.control[Control.keepAlive] = keepAlive ? 1 : 0
    this.control[Control.versionMinor] = versionMinor
    if (publishedMessages.hasSubscribers) tracePublishedMessages(this, UNNUMBERED)
    Atomics.store(this.control, Control.flight, Flight.unawaited)
  }

  get request(): RequestInMemory {
    return {
      method: httpMethods[this.control[Control.method]],
      target: this.target.toString('latin1', 0, this.control[Control.targetLength]),
      bodyLength: this.control[Control.bodyLength],
      keepAlive: this.control[Control.keepAlive] === 1,
      versionMinor: this.control[Control.versionMinor],
    }
  }

  /**
   * By the socket thread: it has something to do on this connection once the request is answered. It
   * has to look then whether it was meanwhile.
   */
  awaitReply(): void {
    Atomics.compareExchange(this.control, Control.flight, Flight.unawaited, Flight.awaited)
  }

  /** The reply is queued, and the socket thread may go on with the connection; under `sendMutex`. */
  markAnswered(): void {
    if (handledMessage.hasSubscribers) traceHandledMessage(this, UNNUMBERED)
    if (!this.closeWhenSent && this.endUnawaitedFlight()) return
    // Before the flight ends: the loop may take it at once then.
    this.control[Control.workForLoopSinceMs] = monotonicMs()
    Atomics.store(this.control, Control.flight, Flight.none)
  }

  /** In one step, or the loop could begin to await the reply in between. @returns whether it has not */
  private endUnawaitedFlight(): boolean {
    const { unawaited, none } = Flight
    return Atomics.compareExchange(this.control, Control.flight, unawaited, none) === unawaited
  }

  /** Milliseconds since `markAnswered` has left something to the socket thread, told once; -1 when it has not. */
  takeWaitForLoopMs(): number {
    const sinceMs = this.control[Control.workForLoopSinceMs]
    if (sinceMs === 0) return -1
    this.control[Control.workForLoopSinceMs] = 0
    return elapsedMs(sinceMs)
  }

  /** Nothing follows what is queued: the socket thread closes once all of it is sent. */
  get closeWhenSent(): boolean {
    return Atomics.load(this.control, Control.closeWhenSent) === 1
  }
  requestCloseWhenSent(): void {
    Atomics.store(this.control, Control.closeWhenSent, 1)
  }

  /** By the socket thread: so much of `body` has been filled. */
  noteBody(lengthBytes: number): void {
    if (lengthBytes > this.largestBodyBytes) {
      this.control[Control.largestBodyBytes] = lengthBytes
    }
  }
  /** Much of it is resident, and stays so, whichever connections have used it. */
  get isLarge(): boolean {
    return Math.max(this.largestBodyBytes, this.sending.mostUsedBytes) > LARGE_BYTES
  }
  private get largestBodyBytes(): number {
    return this.control[Control.largestBodyBytes]
  }
}

/** One recv, as for every protocol. A module is loaded once per thread, and a recv is handled at once. */
const scratch = new Uint8Array(RECV_CHUNK_BYTES)

/** GET without the body of the reply is HEAD; no `other` method is served. */
export const httpMethods = ['GET', 'POST', 'HEAD', 'other'] as const
export type HttpMethod = (typeof httpMethods)[number]

export interface RequestInMemory {
  method: HttpMethod
  /** As sent, latin1; shorter than a request's head may be. */
  target: string
  bodyLength: number
  keepAlive: boolean
  /** 0 or 1. */
  versionMinor: number
}

const Control = {
  fd: FIRST_OWN_CONTROL,
  flight: FIRST_OWN_CONTROL + 1,
  method: FIRST_OWN_CONTROL + 2,
  targetLength: FIRST_OWN_CONTROL + 3,
  bodyLength: FIRST_OWN_CONTROL + 4,
  keepAlive: FIRST_OWN_CONTROL + 5,
  versionMinor: FIRST_OWN_CONTROL + 6,
  closeWhenSent: FIRST_OWN_CONTROL + 7,
  workForLoopSinceMs: FIRST_OWN_CONTROL + 8,
  largestBodyBytes: FIRST_OWN_CONTROL + 9,
}
/** Of a connection's request: none, or one whose reply the loop does not await, or does. */
const Flight = { none: 0, unawaited: 1, awaited: 2 }
const BODY_AT = SOCKET_CONTROL_BYTES + MAX_TARGET_BYTES
const SEND_QUEUE_AT = BODY_AT + MAX_BODY_BYTES
const TOTAL_BYTES = SEND_QUEUE_AT + sendQueueBytesFor(SEND_CAPACITY_BYTES)
