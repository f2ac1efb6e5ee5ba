/** What a trace ring holds; the order is that of the codes in it. */
export const traceKinds = [
  'poll',
  'poll_returned',
  'recv',
  'recv_returned',
  'send',
  'send_returned',
  'received_bytes',
  'complete_message',
  'published_messages',
  'inbound_message',
  'handled_message',
  'send_messages_returned',
  'intended_message',
  'outbound_message',
  'sent_bytes',
  'closed_connection',
] as const
export type TraceKind = (typeof traceKinds)[number]

export const TraceCode = Object.fromEntries(traceKinds.map((kind, code) => [kind, code])) as Record<
  TraceKind,
  number
>

/**
 * Words of 8 bytes of one event:
 *
 *   code, time (CLOCK_MONOTONIC, ns), protocol, connection or descriptor, a, b, c, d
 */
export const EVENT_WORDS = 8
export const Word = { code: 0, timeNs: 1, protocol: 2, connection: 3, a: 4, b: 5, c: 6, d: 7 }

const Head = { events: 0, dropped: 1, firstDroppedNs: 2, startedNs: 3, stoppedNs: 4 }
const HEAD_WORDS = 8

/**
 * The events of one thread, in shared memory of a fixed size: one thread writes, another reads once
 * that has stopped. When it is full, what comes later is dropped and counted, so that what it holds
 * has no gaps. The pages are touched only as they are used.
 *
 *   [ head words ][ events, oldest first ]
 */
export class TraceRing {
  readonly buffer: SharedArrayBuffer
  private readonly words: Float64Array
  private readonly end: number

  static create(capacityEvents: number): TraceRing {
    return new TraceRing(new SharedArrayBuffer((HEAD_WORDS + capacityEvents * EVENT_WORDS) * 8))
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.words = new Float64Array(buffer)
    this.end = this.words.length
  }

  start(nowNs: number): void {
    this.words[Head.startedNs] = nowNs
  }

  stop(nowNs: number): void {
    this.words[Head.stoppedNs] = nowNs
  }

  append(
    code: number,
    timeNs: number,
    protocol: number,
    connection: number,
    a = 0,
    b = 0,
    c = 0,
    d = 0,
  ): void {
    const { words } = this
    const at = HEAD_WORDS + words[Head.events] * EVENT_WORDS
    if (at + EVENT_WORDS > this.end) {
      if (words[Head.dropped]++ === 0) words[Head.firstDroppedNs] = timeNs
      return
    }
    words[at] = code
    words[at + 1] = timeNs
    words[at + 2] = protocol
    words[at + 3] = connection
    words[at + 4] = a
    words[at + 5] = b
    words[at + 6] = c
    words[at + 7] = d
    words[Head.events]++
  }

  /** What was recorded; by a thread that knows the writer to have stopped. */
  read(): RecordedEvents {
    const { words } = this
    const from = HEAD_WORDS
    const to = from + words[Head.events] * EVENT_WORDS
    const dropped = words[Head.dropped]
    return {
      startedNs: words[Head.startedNs],
      endedNs: dropped > 0 ? words[Head.firstDroppedNs] : words[Head.stoppedNs],
      dropped,
      words: words.slice(from, to),
    }
  }
}

export interface RecordedEvents {
  startedNs: number
  /** When it stopped, or had no room any more. */
  endedNs: number
  /** Events that came when it was full. */
  dropped: number
  words: Float64Array
}
