import {
  type TracedProtocol,
  tracedProtocols,
  UNNUMBERED,
} from '../../implementations/threads/message-points.ts'
import type { ThreadRecording } from '../../implementations/trace/process-tracing.ts'
import { type TraceKind, traceKinds } from '../../implementations/trace/trace-ring.ts'
import { eventsInOrder, type TraceEvent, type Window, windowOf } from './recording.ts'
import type { Moment } from './stages.ts'

/** The way of one message through a subject, and of the reply that it brought about. */
export interface Life {
  protocol: TracedProtocol
  connection: number
  /** What came in: as `CompleteMessage` tells it; null where nothing did. */
  inboundType: number | null
  /** What was sent: as `OutboundMessage` tells it; null where nothing was. */
  outboundType: number | null
  /** When it reached each stage, oldest first: a later one is never before an earlier one. */
  moments: Moment[]
  /** send(2) calls that took bytes of what was sent. */
  sends: number
}

/** What was found in a recording. */
export interface Lives {
  window: Window
  /** Those whose whole way lies in the window, in the order of their ends. */
  finished: Life[]
  /** That began in the window, and had not ended when it did. */
  underWay: number
  /** Whose connection was closed before they ended. */
  cutOff: number
  /** HTTP requests that no handler took: the work queue was full, or the subject was stopping. */
  refused: number
  /** That began before every thread recorded: nothing is known of their first stages. */
  beganBefore: number
  /** Events that found their ring full; the window ends at the first. */
  dropped: number
}

/** @throws nothing: what does not fit together began before the window, and is counted so */
export function livesIn(recordings: readonly ThreadRecording[]): Lives {
  const builder = new LivesBuilder(recordings)
  for (const [event, thread] of eventsInOrder(recordings)) {
    if (event.timeNs > builder.window.endNs) break
    builder.take(event, thread)
  }
  return builder.result()
}

interface Recv {
  /** When the poll(2) before it returned. */
  readyNs: number
  beginNs: number
  returnedNs: number
  thread: number
}

interface Call {
  beginNs: number
  returnedNs: number
}

/** What a thread was last seen doing. */
interface ThreadState {
  polledNs: number
  recvBeginNs: number
  recv: Recv | undefined
  /** That it has received from, and parsed nothing of yet. */
  receivedFrom: ConnectionState | undefined
  sendBeginNs: number
  send: Call | undefined
  /** A handler is at work on it, or the node's `SendMessages` after it. */
  handling: Draft | undefined
  /** What is about to be queued because its moment has come. */
  intended: Draft | undefined
}

interface Draft extends Life {
  /** P2P: its number; `UNNUMBERED` elsewhere. */
  number: number
  published: boolean
  handledNs: number | undefined
  /** False when something of it was before the window. */
  whole: boolean
}

interface Chunk {
  /** Bytes of the connection up to its end, counted from the first recv that was recorded. */
  end: number
  recv: Recv | undefined
}

interface Outgoing {
  life: Draft
  /** Bytes of the connection up to its first, and up to its end. */
  start: number
  end: number
  /** Of the send(2) that took its first byte. */
  first: Call | undefined
}

interface ConnectionState {
  receivedBytes: number
  chunks: Chunk[]
  /** Where the last complete message ended. */
  completeAt: number
  /** Complete, and not taken by a handler. */
  waiting: Draft[]
  /** A client's request that is sent, and whose reply has not come. */
  unanswered: Draft | undefined
  sentAt: number
  outgoing: Outgoing[]
  open: Set<Draft>
  closed: boolean
}

/** Above every connection id of a service. */
const CONNECTIONS_PER_PROTOCOL = 2 ** 40
const CONTINUE = 100

class LivesBuilder {
  readonly window: Window
  private readonly threads: ThreadState[]
  private readonly connections = new Map<number, ConnectionState>()
  private readonly finished: Life[] = []
  private readonly dropped: number
  private refused = 0
  private beganBefore = 0

  constructor(recordings: readonly ThreadRecording[]) {
    this.window = windowOf(recordings)
    this.dropped = recordings.reduce((sum, { dropped }) => sum + dropped, 0)
    this.threads = recordings.map(() => ({
      polledNs: Number.NaN,
      recvBeginNs: Number.NaN,
      recv: undefined,
      receivedFrom: undefined,
      sendBeginNs: Number.NaN,
      send: undefined,
      handling: undefined,
      intended: undefined,
    }))
  }

  take(event: TraceEvent, thread: number): void {
    const kind: TraceKind = traceKinds[event.code]
    const state = this.threads[thread]
    switch (kind) {
      case 'poll':
        state.receivedFrom = undefined
        return
      case 'poll_returned':
        state.polledNs = event.timeNs
        return
      case 'recv':
        state.receivedFrom = undefined
        state.recvBeginNs = event.timeNs
        return
      case 'recv_returned':
        state.recv = {
          readyNs: state.polledNs,
          beginNs: state.recvBeginNs,
          returnedNs: event.timeNs,
          thread,
        }
        return
      case 'send':
        state.sendBeginNs = event.timeNs
        return
      case 'send_returned':
        state.send = { beginNs: state.sendBeginNs, returnedNs: event.timeNs }
        return
      default:
        this.takeOfConnection(kind, event, thread)
    }
  }

  result(): Lives {
    let underWay = 0
    let cutOff = 0
    for (const { open, closed } of this.connections.values()) {
      for (const life of open) {
        if (!this.beganInWindow(life)) this.beganBefore++
        else if (closed) cutOff++
        else underWay++
      }
    }
    const { window, finished, refused, beganBefore, dropped } = this
    return { window, finished, underWay, cutOff, refused, beganBefore, dropped }
  }

  private takeOfConnection(kind: TraceKind, event: TraceEvent, thread: number): void {
    const connection = this.connectionOf(event)
    switch (kind) {
      case 'received_bytes':
        connection.receivedBytes += event.a
        connection.chunks.push({ end: connection.receivedBytes, recv: this.threads[thread].recv })
        this.threads[thread].receivedFrom = connection
        return
      case 'complete_message':
        return this.complete(connection, event, thread)
      case 'published_messages':
        for (const life of connection.waiting) {
          if (life.published) continue
          life.published = true
          reach(life, 'published', event.timeNs, thread)
        }
        return
      case 'inbound_message':
        return this.inbound(connection, event, thread)
      case 'handled_message':
        return this.handled(connection, event, thread)
      case 'send_messages_returned':
        return this.endTurn(connection, thread)
      case 'intended_message':
        return this.intend(event, thread)
      case 'outbound_message':
        return this.outbound(connection, event, thread)
      case 'sent_bytes':
        return this.sent(connection, event, thread)
      case 'closed_connection':
        // What is received may be handled still, and what is queued is never sent.
        connection.closed = true
        return
      default:
        throw new Error(`${kind} is no event of a connection`)
    }
  }

  private connectionOf({ protocol, connection: id }: TraceEvent): ConnectionState {
    const key = protocol * CONNECTIONS_PER_PROTOCOL + id
    const known = this.connections.get(key)
    if (known !== undefined) return known
    const connection: ConnectionState = {
      receivedBytes: 0,
      chunks: [],
      completeAt: 0,
      waiting: [],
      unanswered: undefined,
      sentAt: 0,
      outgoing: [],
      open: new Set(),
      closed: false,
    }
    this.connections.set(key, connection)
    return connection
  }

  private complete(connection: ConnectionState, event: TraceEvent, thread: number): void {
    const { a: number, b: type, c: sizeBytes, d: behindBytes, timeNs } = event
    const end = connection.receivedBytes - behindBytes
    // A parser that does not count: behind the message before it, or, of the first, whatever came.
    const start = sizeBytes > 0 ? end - sizeBytes : connection.completeAt
    const first = connection.chunks.find(chunk => chunk.end > start)
    const last = connection.chunks.find(chunk => chunk.end >= end)
    connection.completeAt = end
    connection.chunks = connection.chunks.filter(chunk => chunk.end > end)
    const { unanswered, outgoing } = connection
    const life = unanswered ?? draftOf(event, number)
    connection.unanswered = undefined
    life.inboundType = type
    // A reply to what was sent before the window.
    const isClients = life.protocol === 'outbound-http'
    if (isClients && unanswered === undefined && outgoing.length === 0) life.whole = false
    if (start < 0 || first?.recv === undefined || last?.recv === undefined) {
      life.whole = false
    } else {
      const { recv } = last
      reach(life, 'first byte ready', first.recv.readyNs, first.recv.thread)
      reach(life, 'ready', recv.readyNs, recv.thread)
      reach(life, 'recv', recv.beginNs, recv.thread)
      reach(life, 'received', recv.returnedNs, recv.thread)
    }
    const state = this.threads[thread]
    reach(life, state.receivedFrom === connection ? 'complete' : 'its turn', timeNs, thread)
    // HTTP goes on with what is behind a request once that is answered.
    if (life.protocol !== 'p2p') state.receivedFrom = undefined
    connection.waiting.push(life)
    connection.open.add(life)
  }

  private inbound(connection: ConnectionState, event: TraceEvent, thread: number): void {
    const { a: number, timeNs } = event
    const { waiting } = connection
    const at = number === UNNUMBERED ? 0 : waiting.findIndex(life => life.number === number)
    const state = this.threads[thread]
    // One that was complete before the window is not here.
    const life = at < 0 ? undefined : waiting[at]
    state.handling = life
    if (life === undefined) return
    waiting.splice(0, at + 1)
    if (!life.published) life.whole = false
    reach(life, 'handling', timeNs, thread)
  }

  private handled(connection: ConnectionState, { timeNs }: TraceEvent, thread: number): void {
    const { handling } = this.threads[thread]
    if (handling === undefined || !connection.open.has(handling)) return
    handling.handledNs = timeNs
    // Of a peer's message `SendMessages` may still bring about what is sent.
    if (handling.protocol !== 'p2p') this.endTurn(connection, thread)
  }

  private endTurn(connection: ConnectionState, thread: number): void {
    const state = this.threads[thread]
    const { handling } = state
    if (handling?.handledNs === undefined || !connection.open.has(handling)) return
    state.handling = undefined
    const isClients = handling.protocol === 'outbound-http'
    if (!isClients && handling.outboundType !== null) return // its reply is on its way
    reach(handling, 'handled', handling.handledNs, thread)
    this.finish(connection, handling)
  }

  private intend(event: TraceEvent, thread: number): void {
    const life = draftOf(event, UNNUMBERED)
    reach(life, 'intended', event.b, thread)
    reach(life, 'handling', event.timeNs, thread)
    this.threads[thread].intended = life
  }

  private outbound(connection: ConnectionState, event: TraceEvent, thread: number): void {
    const { a: type, b: sizeBytes, c: queuedBytes, timeNs } = event
    const { unanswered } = connection
    if (unanswered !== undefined) {
      // Its reply was here before it was seen to be sent, and is a life of its own.
      connection.unanswered = undefined
      this.finish(connection, unanswered)
    }
    const life = this.causeOf(connection, event, thread) ?? draftOf(event, UNNUMBERED)
    life.outboundType = type
    reach(life, 'reply queued', timeNs, thread)
    connection.open.add(life)
    // Of what was queued before the window, only its length is known.
    const end = connection.sentAt + queuedBytes
    connection.outgoing.push({ life, start: end - sizeBytes, end, first: undefined })
  }

  /** The message that this one answers, or the moment that it was intended for. */
  private causeOf(
    connection: ConnectionState,
    { protocol, a: type }: TraceEvent,
    thread: number,
  ): Draft | undefined {
    const state = this.threads[thread]
    const { intended, handling } = state
    if (intended !== undefined) {
      state.intended = undefined
      return intended
    }
    if (handling !== undefined && connection.open.has(handling)) {
      return handling.outboundType === null ? handling : undefined
    }
    const isHttp = tracedProtocols[protocol] === 'http' && type !== CONTINUE
    if (isHttp) this.refuse(connection)
    return undefined
  }

  /** A request is replied to that no handler has: that is all there is to tell of it. */
  private refuse({ waiting, open }: ConnectionState): void {
    const refused = waiting.shift()
    if (refused === undefined) return
    open.delete(refused)
    this.refused++
  }

  private sent(connection: ConnectionState, event: TraceEvent, thread: number): void {
    const { a: bytes, timeNs } = event
    const { send } = this.threads[thread]
    const call = send ?? { beginNs: timeNs, returnedNs: timeNs }
    connection.sentAt += bytes
    const { outgoing } = connection
    while (outgoing.length > 0 && outgoing[0].start < connection.sentAt) {
      const [oldest] = outgoing
      oldest.life.sends++
      if (oldest.first === undefined) {
        oldest.first = call
        reach(oldest.life, 'send', call.beginNs, thread)
        reach(oldest.life, 'first sent', call.returnedNs, thread)
      }
      if (oldest.end > connection.sentAt) break
      outgoing.shift()
      reach(oldest.life, 'sent', call.returnedNs, thread)
      if (oldest.life.protocol === 'outbound-http') connection.unanswered = oldest.life
      else this.finish(connection, oldest.life)
    }
  }

  private finish(connection: ConnectionState, life: Draft): void {
    connection.open.delete(life)
    if (this.beganInWindow(life)) this.finished.push(life)
    else this.beganBefore++
  }

  private beganInWindow({ whole, moments }: Draft): boolean {
    return whole && moments.length > 0 && moments[0].atNs >= this.window.startNs
  }
}

/**
 * Threads take the time right behind what they tell of, and may be interrupted before: another may have
 * seen what follows by then. A later moment is never the earlier one.
 */
function reach({ moments }: Draft, reached: Moment['reached'], atNs: number, thread: number): void {
  const before = moments[moments.length - 1]?.atNs ?? Number.NEGATIVE_INFINITY
  moments.push({ reached, atNs: Math.max(atNs, before), thread })
}

function draftOf({ protocol, connection }: TraceEvent, number: number): Draft {
  return {
    protocol: tracedProtocols[protocol],
    connection,
    inboundType: null,
    outboundType: null,
    moments: [],
    sends: 0,
    number,
    published: false,
    handledNs: undefined,
    whole: true,
  }
}
