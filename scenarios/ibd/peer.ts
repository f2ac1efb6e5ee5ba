import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import type { SendQueue } from './send-queue.ts'

/** The server's end of one connection. */
export interface Peer {
  readonly sock: PosixSock
  /** What the server sends for it. A peer without one sends by itself. */
  readonly outgoing?: SendQueue
  /** Takes what arrived, in one recv. @returns why the connection must end, if it must */
  receive(): string | undefined
}

/** The end of a connection that blocks go out on. */
export interface ServingPeer extends Peer {
  readonly outgoing: SendQueue
}

/** What a listening socket of the server is there for. */
export interface Service {
  /** The peer for a new connection, or nothing to refuse it. */
  accept(sock: PosixSock): Peer | undefined
  /** The connection of `peer` has ended and its socket is closed. */
  lost(peer: Peer, reason: string): void
  /** Nothing can connect any more. */
  listenerFailed(reason: string): void
  /** Whether something is being waited for, so that the server should sleep in poll alone. */
  readonly busy: boolean
  /** Called once per turn of the loop. */
  turnCompleted(nowMs: number): void
}
