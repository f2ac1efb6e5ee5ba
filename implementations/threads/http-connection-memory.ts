import { elapsedMs, monotonicMs } from './monotonic-clock.ts'
import { sendQueueBytesFor } from './send-queue.ts'
import { FIRST_OWN_CONTROL, SOCKET_CONTROL_BYTES, SocketMemory } from './socket-memory.ts'

/** A request's target is shorter than its head, which may have so much (Core's MAX_HEADERS_SIZE). */
const MAX_TARGET_BYTES = 8_192
/** A request's body (Core's MAX_SIZE). */
const MAX_BODY_BYTES = 32 << 20
/** A reply as large as the largest body, which `echo` gives, behind what may be queued already. */
const SEND_CAPACITY_BYTES = MAX_BODY_BYTES + (2 << 20)
/** Memory that was used beyond this is not kept for the next connection. */
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

  /** Which connection this is: never the same again in its service. */
  get connectionId(): number {
    return this.control[Control.connectionId]
  }
  get fd(): number {
    return this.control[Control.fd]
  }

  /** A new connection takes this memory over from one that is closed, with nothing in flight. */
  open(connectionId: number, fd: number): void {
    // The thread that has marked the last request answered does so, and goes on, under this mutex.
    this.sendMutex.lock()
    this.sendMutex.unlock()
    this.control.fill(0)
    this.control[Control.connectionId] = connectionId
    this.control[Control.fd] = fd
    this.sending.clear()
  }

  /** A request was given to a handler, and no reply is queued yet: no other of this connection is handled. */
  get requestInFlight(): boolean {
    return Atomics.load(this.control, Control.inFlight) === 1
  }

  /** By the socket thread, with the body in `body`. What it tells may be read until `markAnswered`. */
  startRequest({ method, target, bodyLength, keepAlive, versionMinor }: RequestInMemory): void {
    this.control[Control.method] = httpMethods.indexOf(method)
    this.control[Control.targetLength] = this.target.write(target, 'latin1')
    this.control[Control.bodyLength] = bodyLength
    this.control[Control.keepAlive] = keepAlive ? 1 : 0
    this.control[Control.versionMinor] = versionMinor
    this.control[Control.loopAwaitsReply] = 0
    Atomics.store(this.control, Control.inFlight, 1)
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
    Atomics.store(this.control, Control.loopAwaitsReply, 1)
  }

  /** The reply is queued, and the socket thread may go on with the connection; under `sendMutex`. */
  markAnswered(): void {
    const loopHasWork =
      this.closeWhenSent || Atomics.load(this.control, Control.loopAwaitsReply) === 1
    if (loopHasWork) this.control[Control.workForLoopSinceMs] = monotonicMs()
    Atomics.store(this.control, Control.inFlight, 0)
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

  /** So much of one part was used: it would stay resident. */
  noteUse(usedBytes: number): void {
    if (usedBytes > LARGE_BYTES) Atomics.store(this.control, Control.large, 1)
  }
  /** Too much of it is resident to be kept for another connection. */
  get isLarge(): boolean {
    return Atomics.load(this.control, Control.large) === 1
  }
}

/** One recv, as for every protocol. A module is loaded once per thread, and a recv is handled at once. */
const scratch = new Uint8Array(0x10000)

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
  connectionId: FIRST_OWN_CONTROL,
  fd: FIRST_OWN_CONTROL + 1,
  inFlight: FIRST_OWN_CONTROL + 2,
  method: FIRST_OWN_CONTROL + 3,
  targetLength: FIRST_OWN_CONTROL + 4,
  bodyLength: FIRST_OWN_CONTROL + 5,
  keepAlive: FIRST_OWN_CONTROL + 6,
  versionMinor: FIRST_OWN_CONTROL + 7,
  closeWhenSent: FIRST_OWN_CONTROL + 8,
  loopAwaitsReply: FIRST_OWN_CONTROL + 9,
  workForLoopSinceMs: FIRST_OWN_CONTROL + 10,
  large: FIRST_OWN_CONTROL + 11,
}
const BODY_AT = SOCKET_CONTROL_BYTES + MAX_TARGET_BYTES
const SEND_QUEUE_AT = BODY_AT + MAX_BODY_BYTES
const TOTAL_BYTES = SEND_QUEUE_AT + sendQueueBytesFor(SEND_CAPACITY_BYTES)
