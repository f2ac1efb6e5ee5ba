import { Counter } from '../threads/counters.ts'
import { sendMessagesReturned, traceSendMessagesReturned } from '../threads/message-points.ts'
import type { HandlerLoop } from './handler-loop.ts'
import type { MessagePusher, Node } from './node.ts'
import { PeerManager } from './peer-manager.ts'
import type { P2pOptions } from './service-options.ts'
import type { HandlerThreadContext, OpenedConnection } from './thread-context.ts'

/** A backend's half that lives on the message-handler thread. */
export interface HandlerConnman<N extends Node> extends MessagePusher<N> {
  /** A copy of the list of nodes, the caller's to reorder (Core's `NodesSnapshot`). */
  nodesSnapshot(): N[]
  addNode(connection: OpenedConnection): N
  /** The connection is closed; the node is used no more. */
  removeNode(node: N): void
}

/** How long the message-handler thread sleeps when nobody wakes it. */
const HANDLER_WAIT_MS = 100

/**
 * The message-handler thread (`CConnman::ThreadMessageHandler`): one message of each peer per pass,
 * peers in shuffled order; sleeps when a pass left nothing to do.
 */
export class MessageHandler<N extends Node> implements HandlerLoop {
  private readonly context: HandlerThreadContext<P2pOptions>
  private readonly connman: HandlerConnman<N>
  private readonly peerManager: PeerManager<N>

  constructor(context: HandlerThreadContext<P2pOptions>, connman: HandlerConnman<N>) {
    const { options, report } = context
    this.context = context
    this.connman = connman
    this.peerManager = new PeerManager<N>({
      pusher: connman,
      verify: options.verify,
      refillBlocks: options.refillBlocks,
      nowMs: () => performance.now(),
      onDisconnect: (node, reason) => report({ kind: 'peer-disconnected', id: node.id, reason }),
    })
  }

  run(): void {
    const { service } = this.context
    while (!service.stopping) {
      if (this.pass()) {
        service.handlerWakeUp.take()
      } else {
        this.publishProgress()
        service.handlerWakeUp.wait(HANDLER_WAIT_MS)
      }
    }
  }

  /** @returns whether messages wait */
  pass(): boolean {
    for (const connection of this.context.takeAnnounced()) {
      this.peerManager.initializeNode(this.connman.addNode(connection))
    }
    let moreWork = false
    for (const node of shuffle(this.connman.nodesSnapshot())) {
      if (node.memory.closed) {
        this.peerManager.finalizeNode(node)
        this.connman.removeNode(node)
        this.context.report({ kind: 'connection-closed', id: node.id })
        continue
      }
      if (node.memory.disconnectRequested) continue
      if (processMessages(node, this.peerManager, this.context.counters.counts)) moreWork = true
      this.peerManager.sendMessages(node)
      if (sendMessagesReturned.hasSubscribers) traceSendMessagesReturned(node.memory)
    }
    return moreWork
  }

  private publishProgress(): void {
    const { headers, download } = this.peerManager
    const { tipHeight } = download
    this.context.service.setProgress(headers.tipHeight, tipHeight, headers.hashAt(tipHeight))
  }
}

/** `PeerManagerImpl::ProcessMessages`. @returns whether more of this peer can be handled now */
function processMessages<N extends Node>(
  node: N,
  peerManager: PeerManager<N>,
  counts: Float64Array,
): boolean {
  const { received, sending } = node.memory
  if (sending.paused) return false // too full to answer anyway
  if (!received.take()) return false
  counts[Counter.messagesReceived]++
  const { type, payloadOffset, payloadLength, bytes } = received
  peerManager.processMessage(node, type, bytes, payloadOffset, payloadOffset + payloadLength)
  return received.release() && !sending.paused
}

/** Fisher–Yates in place, as Core shuffles its snapshot, so that no peer gains by its place. */
function shuffle<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    const item = items[i]
    items[i] = items[j]
    items[j] = item
  }
  return items
}
