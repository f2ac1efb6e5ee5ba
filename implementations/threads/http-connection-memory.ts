import { sendQueueBytesFor } from './send-queue.ts'
import { FIRST_OWN_CONTROL, SOCKET_CONTROL_BYTES, SocketMemory } from './socket-memory.ts'

/** Headers of a request in total, request line and trailers included (Core's MAX_HEADERS_SIZE). */
export const MAX_HEADER_BYTES = 8_192
/** A request's body (Core's MAX_BODY_SIZE). */
export const MAX_BODY_BYTES = 32 << 20
/** A reply as large as the largest body, which `echo` gives, and its head. */
const SEND_CAPACITY_BYTES = MAX_BODY_BYTES + (1 << 20)

/**
 * What the threads of an HTTP server share of one connection: its one request in flight, and the
 * replies that wait to be sent. The socket thread fills in a request and marks it in flight; the
 * thread that handles it queues the reply and marks it answered.
 *
 *   [ control words ][ target ][ body ][ send queue ]
 *
 * The pages are touched only as they are used. A connection's memory is used again by another
 * connection once it is closed and nothing is in flight; `fd` then tells the two apart.
 */
export class HttpConnectionMemory extends SocketMemory {
  /** Where the body of the request in flight is put. */
  readonly body: Uint8Array
  private readonly target: Buffer

  static create(): HttpConnectionMemory {
    return new HttpConnectionMemory(new SharedArrayBuffer(TOTAL_BYTES))
  }

  constructor(buffer: SharedArrayBuffer) {
    super(buffer, SEND_QUEUE_AT)
    this.target = Buffer.from(buffer, SOCKET_CONTROL_BYTES, MAX_HEADER_BYTES)
    this.body = new Uint8Array(buffer, BODY_AT, MAX_BODY_BYTES)
  }

  /** Which connection this is: never the same again in its service. */
  get connectionId(): number {
    return this.control[Control.connectionId]
  }
  get fd(): number {
    return this.control[Control.fd]
  }

  /** A new connection takes this memory over; nobody else uses it. */
  open(connectionId: number, fd: number): void {
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

  /** The reply is queued; the socket thread may go on with the connection's next request. */
  markAnswered(): void {
    Atomics.store(this.control, Control.inFlight, 0)
  }

  /** Nothing follows what is queued: the socket thread closes once all of it is sent. */
  get closeWhenSent(): boolean {
    return Atomics.load(this.control, Control.closeWhenSent) === 1
  }
  requestCloseWhenSent(): void {
    Atomics.store(this.control, Control.closeWhenSent, 1)
  }
}

/** The methods that are handled; any other is refused before. */
export const httpMethods = ['GET', 'POST'] as const
export type HttpMethod = (typeof httpMethods)[number]

export interface RequestInMemory {
  method: HttpMethod
  /** As sent, latin1; at most MAX_HEADER_BYTES. */
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
}
const BODY_AT = SOCKET_CONTROL_BYTES + MAX_HEADER_BYTES
const SEND_QUEUE_AT = BODY_AT + MAX_BODY_BYTES
const TOTAL_BYTES = SEND_QUEUE_AT + sendQueueBytesFor(SEND_CAPACITY_BYTES)
