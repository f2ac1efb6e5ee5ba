import type { ThreadRecording } from '../../implementations/trace/process-tracing.ts'
import { type TraceKind, traceKinds } from '../../implementations/trace/trace-ring.ts'
import type { Life, Lives } from './lives.ts'
import { lifeName } from './message-names.ts'
import { eventsOf, type TraceEvent } from './recording.ts'
import { type Moment, stagesOf } from './stages.ts'

/** One subject in a trace: a process there. */
export interface TracedProcess {
  /** 'direct, queued'. */
  name: string
  recordings: readonly ThreadRecording[]
  lives: Lives
}

/** Of the Trace Event Format; times in µs. */
interface ChromeEvent {
  ph: 'M' | 'X' | 'i' | 'b' | 'e' | 's' | 't' | 'f'
  name: string
  pid: number
  tid: number
  ts: number
  dur?: number
  cat?: string
  id?: string
  /** Of an instant: it belongs to its thread. */
  s?: 't'
  /** Of a flow: it ends in the slice around it, not in the next. */
  bp?: 'e'
  args?: Record<string, unknown>
}

export interface ChromeTrace {
  displayTimeUnit: 'ns'
  otherData: Record<string, string>
  traceEvents: ChromeEvent[]
}

/** A page of Perfetto stays quick with so many: the table counts all, the picture shows the first. */
const MOST_DRAWN_MESSAGES = 1_000
const MOST_DRAWN_SLICES = 10_000

/** Every process begins at time 0, so that they can be compared side by side. */
export function chromeTrace(
  processes: readonly TracedProcess[],
  otherData: Record<string, string>,
): ChromeTrace {
  const traceEvents = processes.flatMap((process, i) => eventsOfProcess(process, i + 1))
  return { displayTimeUnit: 'ns', otherData, traceEvents }
}

function eventsOfProcess({ name, recordings, lives }: TracedProcess, pid: number): ChromeEvent[] {
  const { startNs } = lives.window
  const slices = recordings.map((recording, tid) => slicesOf(recording, pid, tid, lives.window))
  const endNs = drawnUntil(slices, lives)
  const drawn = lives.finished.filter(({ moments }) => moments[moments.length - 1].atNs <= endNs)
  const events = [
    ...slices
      .flat()
      .filter(({ toNs }) => toNs <= endNs)
      .map(slice => sliceEvent(slice, startNs)),
    ...drawn.flatMap((life, i) => messageEvents(life, pid, `${pid}.${i}`, startNs)),
    ...flowEvents(drawn, slices, pid, startNs, endNs),
  ]
  // Stable: what is given in its order stays in it where times are equal.
  events.sort((one, other) => one.ts - other.ts)
  return [...names(name, recordings, pid), ...events]
}

function names(name: string, recordings: readonly ThreadRecording[], pid: number): ChromeEvent[] {
  const meta = { ph: 'M', pid, ts: 0 } as const
  return [
    { ...meta, name: 'process_name', tid: 0, args: { name } },
    ...recordings.map(({ thread }, tid) => ({
      ...meta,
      name: 'thread_name',
      tid,
      args: { name: thread },
    })),
  ]
}

function drawnUntil(slices: readonly Slice[][], { finished, window }: Lives): number {
  const ends = [
    window.endNs,
    finished[MOST_DRAWN_MESSAGES]?.moments.at(-1)?.atNs ?? window.endNs,
    ...slices.map(ofThread => ofThread[MOST_DRAWN_SLICES]?.toNs ?? window.endNs),
  ]
  return Math.min(...ends)
}

// ---- what a thread does ----

interface Slice {
  name: string
  pid: number
  tid: number
  fromNs: number
  toNs: number
  args?: Record<string, unknown>
}

function slicesOf(
  recording: ThreadRecording,
  pid: number,
  tid: number,
  { startNs, endNs }: Lives['window'],
): Slice[] {
  const slices: Slice[] = []
  const begun = new Map<string, TraceEvent>()
  const end = (name: string, toNs: number, more: Record<string, unknown> = {}) => {
    const from = begun.get(name)
    begun.delete(name)
    if (from === undefined || from.timeNs < startNs || toNs > endNs) return
    slices.push({ name, pid, tid, fromNs: from.timeNs, toNs, args: { ...argsOf(from), ...more } })
  }
  let queuedInTurn = false
  let handledAt: TraceEvent | undefined
  for (const event of eventsOf(recording)) {
    const kind = traceKinds[event.code]
    const { timeNs } = event
    switch (kind) {
      case 'poll':
      case 'recv':
        // Whatever was parsed has led to nothing yet.
        begun.delete('parse')
        begun.set(kind, event)
        break
      case 'send':
        begun.set(kind, event)
        break
      case 'poll_returned':
        end('poll', timeNs, { ready: event.a })
        break
      case 'recv_returned':
        end('recv', timeNs, { result: event.a })
        break
      case 'send_returned':
        end('send', timeNs, { result: event.a })
        break
      case 'received_bytes':
        begun.set('parse', event)
        break
      case 'published_messages':
        end('parse', timeNs)
        break
      case 'inbound_message':
        begun.set('handle', event)
        queuedInTurn = false
        handledAt = undefined
        break
      case 'handled_message':
        end('handle', timeNs)
        handledAt = event
        break
      case 'send_messages_returned':
        if (handledAt !== undefined && queuedInTurn) {
          begun.set('SendMessages', handledAt)
          end('SendMessages', timeNs)
        }
        handledAt = undefined
        break
      case 'intended_message':
        begun.set('push', event)
        break
      case 'outbound_message':
        queuedInTurn = handledAt !== undefined
        end('push', timeNs)
        break
      case 'complete_message':
      case 'sent_bytes':
      case 'closed_connection':
        break
      default:
        kind satisfies never
    }
  }
  return slices.sort((one, other) => one.fromNs - other.fromNs || other.toNs - one.toNs)
}

function argsOf(event: TraceEvent): Record<string, unknown> {
  const { connection, a, b, c } = event
  const kind: TraceKind = traceKinds[event.code]
  switch (kind) {
    case 'poll':
      return { entries: a, timeoutMs: b }
    case 'recv':
    case 'send':
      return { fd: connection, sizeBytes: a }
    case 'received_bytes':
      return { connection, bytes: a }
    case 'inbound_message':
      return { connection, sizeBytes: c }
    case 'intended_message':
      return { connection, sequence: a }
    default:
      return { connection }
  }
}

function sliceEvent({ name, pid, tid, fromNs, toNs, args }: Slice, startNs: number): ChromeEvent {
  const dur = (toNs - fromNs) / 1e3
  const event = { ph: 'X', name, pid, tid, ts: (fromNs - startNs) / 1e3, dur } as const
  return args === undefined ? event : { ...event, args }
}

// ---- what becomes of a message ----

/** A bar per message, and below it one per stage. */
function messageEvents(life: Life, pid: number, id: string, startNs: number): ChromeEvent[] {
  const { moments, connection, sends, protocol } = life
  const tid = 0
  const event = (ph: 'b' | 'e', name: string, atNs: number): ChromeEvent => ({
    ph,
    cat: 'message',
    id,
    name,
    pid,
    tid,
    ts: (atNs - startNs) / 1e3,
  })
  const name = lifeName(life)
  const stages = stagesOf(life)
    .filter(({ fromNs, toNs }) => toNs > fromNs)
    .flatMap(({ stage, fromNs, toNs }) => [event('b', stage, fromNs), event('e', stage, toNs)])
  return [
    { ...event('b', name, moments[0].atNs), args: { protocol, connection, sends } },
    ...stages,
    event('e', name, moments[moments.length - 1].atNs),
  ]
}

/** An arrow from thread to thread: from the recv or push, over the handler, to the last send. */
function flowEvents(
  lives: readonly Life[],
  slices: readonly (readonly Slice[])[],
  pid: number,
  startNs: number,
  endNs: number,
): ChromeEvent[] {
  const begins = slices.map(
    ofThread => new Set(ofThread.filter(({ toNs }) => toNs <= endNs).map(({ fromNs }) => fromNs)),
  )
  return lives.flatMap((life, i) => {
    const stops = stopsOf(life).filter(({ atNs, thread }) => begins[thread]?.has(atNs))
    if (stops.length < 2) return []
    const name = lifeName(life)
    return stops.map(({ atNs, thread }, at): ChromeEvent => {
      const isLast = at === stops.length - 1
      const ph = at === 0 ? 's' : isLast ? 'f' : 't'
      const ts = (atNs - startNs) / 1e3
      const id = `flow ${pid}.${i}`
      const flow: ChromeEvent = { ph, cat: 'flow', id, name, pid, tid: thread, ts }
      return isLast ? { ...flow, bp: 'e' } : flow
    })
  })
}

/** Where slices begin. */
const arrowStops: readonly Moment['reached'][] = ['recv', 'handling', 'send']

function stopsOf({ moments }: Life): Moment[] {
  return moments.filter(({ reached }) => arrowStops.includes(reached))
}
