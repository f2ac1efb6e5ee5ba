import type { ThreadRecording } from '../../implementations/trace/process-tracing.ts'
import { EVENT_WORDS, Word } from '../../implementations/trace/trace-ring.ts'

/** From when every thread recorded, and until when. */
export interface Window {
  startNs: number
  endNs: number
}

export function windowOf(recordings: readonly ThreadRecording[]): Window {
  return {
    startNs: Math.max(...recordings.map(({ startedNs }) => startedNs)),
    endNs: Math.min(...recordings.map(({ endedNs }) => endedNs)),
  }
}

export interface TraceEvent {
  code: number
  timeNs: number
  /** An index of `tracedProtocols`. */
  protocol: number
  /** Or a descriptor. */
  connection: number
  a: number
  b: number
  c: number
  d: number
}

/** Events of one thread, oldest first. */
export function* eventsOf({ words }: ThreadRecording): Generator<TraceEvent> {
  for (let at = 0; at < words.length; at += EVENT_WORDS) yield eventAt(words, at)
}

/** Events of all threads in the order of time, each with the index of its thread. */
export function* eventsInOrder(
  recordings: readonly ThreadRecording[],
): Generator<[event: TraceEvent, thread: number]> {
  const at = recordings.map(() => 0)
  for (;;) {
    let next = -1
    let nextNs = Number.POSITIVE_INFINITY
    for (const [thread, { words }] of recordings.entries()) {
      if (at[thread] >= words.length) continue
      const timeNs = words[at[thread] + Word.timeNs]
      if (timeNs >= nextNs) continue
      next = thread
      nextNs = timeNs
    }
    if (next < 0) return
    yield [eventAt(recordings[next].words, at[next]), next]
    at[next] += EVENT_WORDS
  }
}

function eventAt(words: Float64Array, at: number): TraceEvent {
  return {
    code: words[at + Word.code],
    timeNs: words[at + Word.timeNs],
    protocol: words[at + Word.protocol],
    connection: words[at + Word.connection],
    a: words[at + Word.a],
    b: words[at + Word.b],
    c: words[at + Word.c],
    d: words[at + Word.d],
  }
}
