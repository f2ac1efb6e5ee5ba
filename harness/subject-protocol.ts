import type { LoopSharing, ServiceOptions } from '../implementations/node/service-options.ts'
import type { Address } from '../implementations/sock/sock.ts'
import type { TracedThread } from './trace/traced-thread.ts'

/**
 * The contract of a subject's process, for any program in any language. Messages go both ways over the
 * descriptor that the environment's NODE_CHANNEL_FD names, a connected Unix socket: one JSON object a
 * line, in UTF-8, ended by a line feed. In a Node program that is `process.send` and
 * `process.on('message')`. (Modules of this project use Node's `advanced` serialisation instead.)
 *
 * It is told to `start` and answers `started` or `failed`, within 20 s; answers each `count`; and exits
 * with 0 when told to `stop`, or when the channel closes. CPU time is read from outside, of this very
 * process and its threads: what child processes use is not seen, so a command that has any has failed.
 * stderr is for last words; stdout goes nowhere. A service that connects is told to whom; one that
 * listens says where it does.
 */

/** What the harness says to a subject's process. */
export type SubjectRequest =
  | {
      kind: 'start'
      backend: string
      services: ServiceOptions[]
      loops: LoopSharing
      /**
       * A planted slowdown: turns of a loop that does nothing, after each recv that brings something.
       * Null: nothing is planted, which is less than 0 turns.
       */
      spinsPerRecv?: number | null
    }
  | { kind: 'count' }
  /** Of a program that can: from now on, sample the stack of each thread. */
  | { kind: 'profile-start'; intervalUs: number }
  /** What was sampled goes into this directory, which exists. */
  | { kind: 'profile-stop'; directory: string }
  | { kind: 'stop' }

/** What is said besides to a subject of this project's own, and to no other program. */
export type TracingRequest =
  /** To record what its tracepoints tell, up to so many events per thread. */
  | { kind: 'trace-start'; capacityEvents: number }
  /** To stop that, and leave a file per thread in this directory; null: nowhere. */
  | { kind: 'trace-stop'; directory: string | null }

/** And what it hears. */
export type SubjectAnswer =
  /** To `start`: every service that listens does, here, and every connection it was told of is open. */
  | { kind: 'started'; listening: Address[] }
  /** To `count`: totals since the start, by name. */
  | { kind: 'counts'; counts: Record<string, number> }
  /** To `profile-start`: every thread is being sampled. */
  | { kind: 'profiling' }
  /** To `profile-stop`: a .cpuprofile, as V8 writes them, for each thread. */
  | { kind: 'profiled'; files: ProfileFile[] }
  /** To `trace-start`. */
  | { kind: 'trace-started' }
  /** To `trace-stop`. */
  | { kind: 'trace-stopped'; threads: TracedThread[] }
  /** A peer was dropped, by our doing. */
  | { kind: 'peer-disconnected'; reason: string }
  | { kind: 'failed'; reason: string }

export interface ProfileFile {
  /** As /proc/PID/task/TID/comm shows it. */
  thread: string
  path: string
}
