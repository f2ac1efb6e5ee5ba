import type { PeerPlan } from './schedule.ts'
import type { SimulatedPeer } from './simulated-peer.ts'

/** Everybody whom a subject speaks to: clients that connect to it, or servers that it connects to. */
export interface FarSide {
  /** Those of the schedule, in its order; servers only once they are connected to, and then more of them. */
  readonly peers: readonly SimulatedPeer[]
  /** Of the connection that the subject has as the one of this number. */
  planOf(connection: number): PeerPlan | undefined
  /** The number of the connection that the subject has with the peer at this place; -1 if there is none. */
  connectionOf(place: number): number
  /** Who does a step that is meant for the peer at this place: of servers, those that are connected to. */
  placeOf(peer: number): number
  /** The peer connects, or a server accepts. */
  connect(place: number): void
  /** Whoever can does. */
  connectAll(): void
  /** What is wrong with what they were sent, a line each. */
  problems(circumstances: Circumstances): string[]
  /** Descriptors that a subject may have still, after every timeout. */
  readonly mayStayOpen: number
}

export interface Circumstances {
  /** All that could happen has, and nothing was too late. */
  readonly isAtRest: boolean
  readonly stopping: boolean
  /** Whether nothing has happened to this peer that excuses a part of an answer. */
  readonly isUndisturbed: (place: number) => boolean
}
