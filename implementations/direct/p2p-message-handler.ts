import { type HandlerConnman, MessageHandler } from '../node/message-handler.ts'
import { queueMessage } from '../node/queue-message.ts'
import type { P2pOptions } from '../node/service-options.ts'
import type { HandlerThreadContext, OpenedConnection } from '../node/thread-context.ts'
import type { MessageType } from '../protocol/p2p/message-type.ts'
import { ConnectionMemory } from '../threads/connection-memory.ts'
import { Counter } from '../threads/counters.ts'
import { DirectNode } from './node.ts'

export function openDirectP2pHandler(
  context: HandlerThreadContext<P2pOptions>,
): MessageHandler<DirectNode> {
  return new MessageHandler(context, new DirectHandlerConnman(context))
}

/** Core's `CConnman` of today, the message-handler thread's half: a node sends on its own socket. */
class DirectHandlerConnman implements HandlerConnman<DirectNode> {
  private readonly nodes: DirectNode[] = []
  private readonly context: HandlerThreadContext<P2pOptions>
  private readonly counts: Float64Array
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean

  constructor(context: HandlerThreadContext<P2pOptions>) {
    this.context = context
    this.counts = context.counters.counts
    this.optimistic = context.options.sendMode === 'optimistic'
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
  }

  /** `CConnman::PushMessage`. */
  pushMessage(node: DirectNode, type: MessageType, payload: Uint8Array): void {
    const { sendMutex, sending } = node.memory
    sendMutex.lock()
    const queueWasEmpty = sending.isEmpty
    if (queueMessage(sending, type, payload)) this.counts[Counter.messagesSent]++
    else node.memory.requestDisconnect()
    if (queueWasEmpty && this.optimistic) node.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
  }

  addNode({ id, fd, inbound, buffer }: OpenedConnection): DirectNode {
    const sock = this.context.network.attach(fd)
    const node = new DirectNode(id, inbound, new ConnectionMemory(buffer), sock)
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.nodes.push(node)
    nodesMutex.unlock()
    return node
  }

  removeNode(node: DirectNode): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.nodes.splice(this.nodes.indexOf(node), 1)
    nodesMutex.unlock()
  }

  nodesSnapshot(): DirectNode[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.nodes.slice()
    nodesMutex.unlock()
    return snapshot
  }
}
