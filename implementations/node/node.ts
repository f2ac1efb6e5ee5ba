import type { MessageType } from '../protocol/p2p/message-type.ts'
import type { ConnectionMemory } from '../threads/connection-memory.ts'

/** What node logic and the owner of the socket tell each other about a peer; atomics in Core. */
export type PeerFlags = Pick<
  ConnectionMemory,
  | 'successfullyConnected'
  | 'markSuccessfullyConnected'
  | 'disconnectRequested'
  | 'requestDisconnect'
>

/** A connection as node logic sees it; each backend has a class of its own (Core's `CNode`). */
export interface PeerNode {
  readonly id: number
  readonly inbound: boolean
  readonly memory: PeerFlags
}

/** The same where two threads share the connection. */
export interface Node extends PeerNode {
  readonly memory: ConnectionMemory
}

/** How node logic reaches a peer: what `PeerManager` uses of Core's `CConnman`. */
export interface MessagePusher<N extends PeerNode> {
  pushMessage(node: N, type: MessageType, payload: Uint8Array): void
}
