import type { SendMode } from '../send-mode.ts'
import type { Address, Network, Sock, Waitable, WakeUpFd } from '../sock/sock.ts'
import type { ThreadCounters } from '../threads/counters.ts'
import type { SubjectMemory } from '../threads/subject-memory.ts'
import type { VerifyLevel } from './verify-level.ts'

export type NetSock = Sock & Waitable

/** How a subject is set up: the same for every backend. */
export interface SubjectOptions {
  sendMode: SendMode
  verify: VerifyLevel
  /** As in `PeerManagerOptions`. */
  refillBlocks: number
  /** Where to accept connections; port 0 lets the kernel pick. */
  listen: Address | undefined
  /** Whom to connect to. */
  connect: readonly Address[]
  /** SO_RCVBUF and SO_SNDBUF of every socket; the kernel's autotuning would bias processes. */
  socketBufferBytes: number
}

/** What every thread of a subject is given. */
export interface ThreadContext {
  readonly options: SubjectOptions
  readonly network: Network<NetSock>
  readonly subject: SubjectMemory
  readonly counters: ThreadCounters
  readonly report: (event: ThreadEvent) => void
  /** Ready to RECV once the message-handler thread has queued something to send; in mode `wakeup` only. */
  readonly wakeUp: (WakeUpFd & Waitable) | undefined
}

export interface SocketThreadContext extends ThreadContext {
  /** Tells the message-handler thread of a new connection. */
  readonly announce: (connection: OpenedConnection) => void
}

export interface MessageHandlerContext extends ThreadContext {
  /** The connections that were announced since the last call. */
  readonly takeAnnounced: () => OpenedConnection[]
}

/** A connection as it crosses from the socket thread to the message-handler thread. */
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
