import { publishedMessages, tracePublishedMessages, UNNUMBERED } from './message-points.ts'
import { elapsedMs, monotonicMs } from './monotonic-clock.ts'
import { RECV_CHUNK_BYTES } from './receive-queue.ts'
import { sendQueueBytesFor } from './send-queue.ts'
import { FIRST_OWN_CONTROL, SOCKET_CONTROL_BYTES, SocketMemory } from './socket-memory.ts'

/** How large requests and the bodies of replies can be. */
export interface OutboundHttpSizes {
  readonly requestBytes: number
  readonly maxReplyBytes: number
}

/** How what follows a request can end, as the socket thread sees it; the order is that in shared memory. */
const replyEndings = ['reply', 'reset', 'closed-early', 'too-large', 'malformed', 'broken'] as const
export type ReplyEnding = (typeof replyEndings)[number]

/** What the socket thread has received after a request. */
export interface ReplyEnd {
  ending: ReplyEnding
  /** Of a reply: its status, and the length of the body at the start of `body`; 0 otherwise. */
  status: number
  bodyLength: number
  /** Whether another request may follow; if not, the socket thread closes the connection. */
  reusable: boolean
}

/**
 * What two threads share of a connection to an HTTP server: the request that waits to be sent, and
 * the reply. The handler thread opens the connection, hands it over, and makes one request after the
 * other; the socket thread takes it up, sends what is left to it, and puts the reply here.
 *
 *   [ control words ][ body of the reply ][ send queue ]
 *
 * A connection's memory is used again by another connection, once it is closed: `connectionId` tells
 * the two apart.
 */
export class OutboundHttpMemory extends SocketMemory {
  /** Where the body of the reply is put. */
  readonly body: Uint8Array
  /** What a server sends is parsed at once. */
  readonly received = { reserve: (): Uint8Array => scratch }

  /** @param number tells the memories of a service apart */
  static create(number: number, sizes: OutboundHttpSizes): OutboundHttpMemory {
    const totalBytes = sendQueueAt(sizes) + sendQueueBytesFor(sizes.requestBytes)
    const memory = new OutboundHttpMemory(new SharedArrayBuffer(totalBytes), sizes)
    memory.control[Control.number] = number
    return memory
  }

  constructor(buffer: SharedArrayBuffer, sizes: OutboundHttpSizes) {
    super(buffer, sendQueueAt(sizes))
    this.body = new Uint8Array(buffer, SOCKET_CONTROL_BYTES, sizes.maxReplyBytes)
  }

  override get protocol() {
    return 'outbound-http' as const
  }

  get number(): number {
    return this.control[Control.number]
  }
  get fd(): number {
    return this.control[Control.fd]
  }

  // ---- handler thread ----

  /** A new connection takes this memory over from one that is closed, and is handed to the socket thread. */
  open(connectionId: number, fd: number): void {
    // Who has marked it closed did so under this mutex, and is gone now.
    this.sockMutex.lock()
    this.sockMutex.unlock()
    const { number } = this
    this.control.fill(0)
    this.control[Control.number] = number
    this.setConnectionId(connectionId)
    this.control[Control.fd] = fd
    this.control[Control.openedMs] = monotonicMs()
    this.sending.clear()
  }

  /** A request is about to be queued: from now on a reply can come. */
  awaitReply(): void {
    Atomics.store(this.control, Control.reply, AWAITED)
  }

  /** What has become of the reply; undefined while it is awaited. */
  get replyEnd(): ReplyEnd | undefined {
    const reply = Atomics.load(this.control, Control.reply)
    if (reply < FIRST_ENDING) return undefined
    return {
      ending: replyEndings[reply - FIRST_ENDING],
      status: this.control[Control.status],
      bodyLength: this.control[Control.bodyLength],
      reusable: this.control[Control.reusable] === 1,
    }
  }

  /** @returns whether the socket thread will never know the connection: it was not taken up yet */
  withdraw(): boolean {
    return Atomics.compareExchange(this.control, Control.holder, OFFERED, WITHDRAWN) === OFFERED
  }

  // ---- socket thread ----

  /** @returns false when it was withdrawn: then it must not be touched */
  takeUp(): boolean {
    return Atomics.compareExchange(this.control, Control.holder, OFFERED, TAKEN_UP) === OFFERED
  }

  /** Milliseconds since `open`. */
  get sinceOpenedMs(): number {
    return elapsedMs(this.control[Control.openedMs])
  }

  /** A request was made, and what has become of its reply is not known yet. */
  get replyAwaited(): boolean {
    return Atomics.load(this.control, Control.reply) === AWAITED
  }

  endReply({ ending, status, bodyLength, reusable }: ReplyEnd): void {
    this.control[Control.status] = status
    this.control[Control.bodyLength] = bodyLength
    this.control[Control.reusable] = reusable ? 1 : 0
    if (publishedMessages.hasSubscribers) tracePublishedMessages(this, UNNUMBERED)
    Atomics.store(this.control, Control.reply, FIRST_ENDING + replyEndings.indexOf(ending))
  }
}

/** One recv, as for every protocol. A module is loaded once per thread, and a recv is handled at once. */
const scratch = new Uint8Array(RECV_CHUNK_BYTES)

// `Control.reply`: 0 before the first request.
const AWAITED = 1
const FIRST_ENDING = 2
// `Control.holder`.
const OFFERED = 0
const TAKEN_UP = 1
const WITHDRAWN = 2

const Control = {
  number: FIRST_OWN_CONTROL,
  fd: FIRST_OWN_CONTROL + 1,
  openedMs: FIRST_OWN_CONTROL + 2,
  holder: FIRST_OWN_CONTROL + 3,
  reply: FIRST_OWN_CONTROL + 4,
  status: FIRST_OWN_CONTROL + 5,
  bodyLength: FIRST_OWN_CONTROL + 6,
  reusable: FIRST_OWN_CONTROL + 7,
}

/** Atomics need 4-byte alignment; a cache line apart from the body is better. */
function sendQueueAt({ maxReplyBytes }: OutboundHttpSizes): number {
  return SOCKET_CONTROL_BYTES + 64 * Math.ceil(maxReplyBytes / 64)
}
