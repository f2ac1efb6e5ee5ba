import { syscallNames } from '../sock/syscalls.ts'

/**
 * What a thread counts about itself, besides its system calls. Each thread writes its own array
 * and nobody else's, so plain increments are exact once the thread sleeps.
 */
export const counterNames = [
  /** poll(2) returned because something was ready. */
  'pollWakeUps',
  /** poll(2) returned because its timeout had passed. */
  'pollTimeouts',
  'bytesReceived',
  'bytesSent',
  'messagesReceived',
  'messagesSent',
  /** Look-ups in a map on the way of an event or a send: by connection id, or by socket. */
  'lookups',
  /** Entries of wait sets built: one per connection, listener and wake-up, per iteration. */
  'waitSetEntries',
  /** Maps and arrays made by loop iterations: snapshots, wait sets, ids per socket. */
  'collectionsMade',
  /** The message-handler thread was asleep when woken. */
  'handlerWakeUps',
  /** A connection passed the receive flood limit. */
  'floodPauses',
  /** A connection was polled for RECV again 45 ms or more after its flood pause had ended. */
  'receiveWaits45ms',
  /** A connection was polled for SEND 45 ms or more after something had been left for the loop to send. */
  'sendWaits45ms',
  /** Sends that took only part of what was queued. */
  'partialSends',
  /** HTTP: requests that were complete, whatever became of them. */
  'requests',
  /** HTTP: requests that found the work queue full. */
  'queueFull503',
  /** HTTP: a request had been received when the one before it was answered, and was handled 45 ms or more after. */
  'pipelineWaits45ms',
  /** HTTP: a connection was closed 45 ms or more after its last reply was sent. */
  'closeWaits45ms',
  /** A connection that another thread had opened was polled for the first time 45 ms or more after that. */
  'addedWaits45ms',
  /** No descriptor or memory was left for a connection: none is accepted for a while. */
  'acceptPauses',
  /** Planted spins that were timed, and how long they took; see `TimedSpins`. */
  'spinSamples',
  'spinSampleNs',
] as const
export type CounterName = (typeof counterNames)[number]

export const Counter = Object.fromEntries(
  counterNames.map((name, index) => [name, index]),
) as Record<CounterName, number>

/** The counters of one thread, in shared memory. */
export class ThreadCounters {
  readonly buffer: SharedArrayBuffer
  readonly syscalls: Float64Array
  readonly counts: Float64Array

  static create(): ThreadCounters {
    return new ThreadCounters(
      new SharedArrayBuffer((syscallNames.length + counterNames.length) * 8),
    )
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.syscalls = new Float64Array(buffer, 0, syscallNames.length)
    this.counts = new Float64Array(buffer, syscallNames.length * 8, counterNames.length)
  }
}

/** All threads' counters added up, by name; system calls as `syscall.recv`. */
export function totals(threads: readonly ThreadCounters[]): Record<string, number> {
  const sum = (pick: (thread: ThreadCounters) => number) =>
    threads.reduce((total, thread) => total + pick(thread), 0)
  return Object.fromEntries([
    ...syscallNames.map((name, i) => [`syscall.${name}`, sum(thread => thread.syscalls[i])]),
    ...counterNames.map((name, i) => [name, sum(thread => thread.counts[i])]),
  ])
}
