import type { MessageType } from '../protocol/p2p/message-type.ts'
import type { ConnectionMemory } from '../threads/connection-memory.ts'

/** A connection as node logic sees it; each backend has a class of its own (Core's `CNode`). */
export interface Node {
  readonly id: number
  readonly inbound: boolean
  readonly memory: ConnectionMemory
}

/** How node logic reaches a peer: what `PeerManager` uses of Core's `CConnman`. */
export interface MessagePusher<N extends Node> {
  pushMessage(node: N, type: MessageType, payload: Uint8Array): void
}
