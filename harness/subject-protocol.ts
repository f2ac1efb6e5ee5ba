import type { LoopSharing, ServiceOptions } from '../implementations/node/service-options.ts'
import type { Address } from '../implementations/sock/sock.ts'

/** What the harness says to a subject's process, over process IPC. */
export type SubjectRequest =
  | {
      kind: 'start'
      backend: string
      services: ServiceOptions[]
      loops: LoopSharing
      /** A planted slowdown: turns of an empty loop after each recv that brings something. */
      spinsPerRecv: number
    }
  | { kind: 'count' }
  | { kind: 'stop' }

/** And what it hears. */
export type SubjectAnswer =
  /** To `start`: every service that listens does, here, and every connection it was told of is open. */
  | { kind: 'started'; listening: Address[] }
  /** To `count`: totals since the start, by name. */
  | { kind: 'counts'; counts: Record<string, number> }
  /** A peer was dropped, by our doing. */
  | { kind: 'peer-disconnected'; reason: string }
  | { kind: 'failed'; reason: string }
