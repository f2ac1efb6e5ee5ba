import type { Address, Network, Sock, Waitable, WakeUpFd } from '../sock/sock.ts'
import type { ThreadCounters } from '../threads/counters.ts'
import type { ServiceMemory } from '../threads/service-memory.ts'
import type { ServiceOptions } from './service-options.ts'

export type NetSock = Sock & Waitable

/** What every thread of a service is given. */
export interface ThreadContext<O extends ServiceOptions = ServiceOptions> {
  readonly options: O
  readonly network: Network<NetSock>
  readonly service: ServiceMemory
  /** The thread's own. */
  readonly counters: ThreadCounters
  readonly report: (event: ThreadEvent) => void
  /** Ready to RECV once another thread has left something for the loop to do; in mode `wakeup` only. */
  readonly wakeUp: (WakeUpFd & Waitable) | undefined
}

export interface SocketThreadContext<O extends ServiceOptions = ServiceOptions>
  extends ThreadContext<O> {
  /** Tells every handler thread of the service of a new connection. */
  readonly announce: (connection: OpenedConnection) => void
  /** The connections that handler threads have opened since the last call. */
  readonly takeHandedOver: () => OpenedConnection[]
}

export interface HandlerThreadContext<O extends ServiceOptions = ServiceOptions>
  extends ThreadContext<O> {
  /** The connections that were announced since the last call. */
  readonly takeAnnounced: () => OpenedConnection[]
  /** Gives a connection that this thread has opened to the socket thread. */
  readonly handOver: (connection: OpenedConnection) => void
}

/** A connection as it crosses from one thread of a service to another. */
export interface OpenedConnection {
  id: number
  fd: number
  inbound: boolean
  buffer: SharedArrayBuffer
}

/** What a thread tells the process it runs in. */
export type ThreadEvent =
  | { kind: 'listening'; address: Address }
  | { kind: 'listen-failed'; address: Address; errno: number }
  | { kind: 'connected'; address: Address }
  | { kind: 'connect-failed'; address: Address; errno: number }
  /** We drop a peer; `connection-closed` follows. */
  | { kind: 'peer-disconnected'; id: number; reason: string }
  /** A connection is gone, whoever ended it. */
  | { kind: 'connection-closed'; id: number }
