import type { Protocol } from '../implementations/node/service-options.ts'
import type { Address } from '../implementations/sock/sock.ts'

/**
 * What the harness and its driver process say to each other, over process IPC. `prepare` comes first
 * and once. Of each subject the driver is told what will connect to it (`listen`, for services that
 * connect) before the subject starts, and where it listens (`await-ready`) once it has started; then
 * it is given slices, one thing at a time. Different subjects may overlap. Each request but `release`
 * and `stop` has one answer.
 */
export type DriverRequest =
  | { kind: 'prepare'; preparation: object }
  /** A service of the subject will open so many connections: no fewer, no more. */
  | { kind: 'listen'; subject: string; protocol: Protocol; connections: number }
  /** `listening`: where the services listen that do, in the order of the workload. */
  | { kind: 'await-ready'; subject: string; listening: Address[] }
  | { kind: 'slice'; subject: string; work: number }
  /** Closes the subject's connections and listener. Fails what it was waited for. */
  | { kind: 'release'; subject: string }
  | { kind: 'stop' }

export type DriverAnswer =
  /** Any number of these before `prepared`. */
  | { kind: 'progress'; done: number; total: number }
  /** About a cache that could not be used. */
  | { kind: 'warning'; line: string }
  /** `chainFile`: what HTTP services of subjects are to serve. */
  | { kind: 'prepared'; chainFile: string | null }
  | { kind: 'prepare-failed'; reason: string }
  | { kind: 'listening'; subject: string; address: Address }
  | { kind: 'ready'; subject: string }
  | ({ kind: 'slice-done'; subject: string } & SliceMeasurement)
  /** To `listen`, `await-ready` or `slice`. A failed subject stays failed: release it. */
  | { kind: 'failed'; subject: string; reason: string }

export interface SliceMeasurement {
  /** From the release of the work to the last answer of the barrier. */
  wallNs: number
  /** Blocks, requests, or messages that arrived. */
  messages: number
  /** Of whole frames or replies, headers included. */
  bytes: number
  /** CPU time of this process, all threads. */
  driverCpuNs: number
  /** Null where the scenario measures none. */
  latency: LatencyMeasurement | null
}

/** Serialised `LatencyHistogram`s. */
export interface LatencyMeasurement {
  /** Of each message or request, in ns: from the moment it was meant to start. */
  histogram: string
  /** By how much what set the pace was itself late, in ns; null in a closed loop. */
  lag: Lag | null
}

/**
 * Whose schedule it was. A driver that is late, or finds no connection free, makes another load than it
 * was to make; how late a subject is to do what it
 * was to do by itself is part of what it is measured for.
 */
interface Lag {
  of: 'driver' | 'subject'
  histogram: string
}
