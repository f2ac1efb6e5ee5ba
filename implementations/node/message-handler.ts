import { Counter } from '../threads/counters.ts'
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
 * `CConnman::ThreadMessageHandler`: one message of each peer per pass, peers in shuffled order;
 * sleeps when a pass left nothing to do.
 */
export function runMessageHandler<N extends Node>(
  context: HandlerThreadContext<P2pOptions>,
  connman: HandlerConnman<N>,
): void {
  const { service, options, report } = context
  const peerManager = new PeerManager<N>({
    pusher: connman,
    verify: options.verify,
    refillBlocks: options.refillBlocks,
    nowMs: () => performance.now(),
    onDisconnect: (node, reason) => report({ kind: 'peer-disconnected', id: node.id, reason }),
  })
  while (!service.stopping) {
    for (const connection of context.takeAnnounced()) {
      peerManager.initializeNode(connman.addNode(connection))
    }
    if (handleOneMessageEach(context, connman, peerManager)) {
      service.handlerWakeUp.take()
    } else {
      publishProgress(context, peerManager)
      service.handlerWakeUp.wait(HANDLER_WAIT_MS)
    }
  }
}

/** @returns whether messages wait */
function handleOneMessageEach<N extends Node>(
  { counters, report }: HandlerThreadContext<P2pOptions>,
  connman: HandlerConnman<N>,
  peerManager: PeerManager<N>,
): boolean {
  let moreWork = false
  for (const node of shuffle(connman.nodesSnapshot())) {
    if (node.memory.closed) {
      peerManager.finalizeNode(node)
      connman.removeNode(node)
      report({ kind: 'connection-closed', id: node.id })
      continue
    }
    if (node.memory.disconnectRequested) continue
    if (processMessages(node, peerManager, counters.counts)) moreWork = true
    peerManager.sendMessages(node)
  }
  return moreWork
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

function publishProgress<N extends Node>(
  { service }: HandlerThreadContext<P2pOptions>,
  { headers, download }: PeerManager<N>,
): void {
  const { tipHeight } = download
  service.setProgress(headers.tipHeight, tipHeight, headers.hashAt(tipHeight))
}
