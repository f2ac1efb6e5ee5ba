import type { Protocol } from '../implementations/backend.ts'
import type { SubjectOptions } from '../implementations/node/thread-context.ts'

/** What the harness says to a subject's process, over process IPC. */
export type SubjectRequest =
  | { kind: 'start'; backend: string; protocol: Protocol; options: SubjectOptions }
  | { kind: 'count' }
  | { kind: 'stop' }

/** And what it hears. */
export type SubjectAnswer =
  /** To `start`: every connection is open. */
  | { kind: 'started' }
  /** To `count`: totals since the start, by name. */
  | { kind: 'counts'; counts: Record<string, number> }
  /** A peer was dropped, by our doing. */
  | { kind: 'peer-disconnected'; reason: string }
  | { kind: 'failed'; reason: string }
