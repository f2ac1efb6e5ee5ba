import type { ConnectionUse } from './closed-loop.ts'
import type { RequestKind } from './known-requests.ts'

/** What the driver of an HTTP workload needs to know. */
export interface HttpPreparation {
  readonly request: RequestKind
  readonly load: HttpLoad
  /** Besides the measured connections, so many ask for blocks and read none of them. */
  readonly slowReaders: number
}

export type HttpLoad = ClosedLoad | OpenLoad

/** The next request of a connection follows a reply. */
export interface ClosedLoad {
  readonly kind: 'closed'
  readonly connections: number
  readonly use: ConnectionUse
}

/** Requests start at moments of their own, of a Poisson process. */
export interface OpenLoad {
  readonly kind: 'open'
  readonly connections: number
  readonly ratePerSecond: number
}
