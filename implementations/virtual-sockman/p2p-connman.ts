import { type Activity, isInactive } from '../node/inactivity.ts'
import { countLateReceive, countLateSend } from '../node/late-wake-ups.ts'
import { MAX_CONNECTIONS } from '../node/loop-constants.ts'
import { type HandlerConnman, MessageHandler } from '../node/message-handler.ts'
import { MessageReceiver } from '../node/message-receiver.ts'
import type { Node } from '../node/node.ts'
import { queueMessage } from '../node/queue-message.ts'
import type { P2pOptions } from '../node/service-options.ts'
import type {
  HandlerThreadContext,
  OpenedConnection,
  SocketThreadContext,
} from '../node/thread-context.ts'
import type { MessageType } from '../protocol/p2p/message-type.ts'
import type { Address } from '../sock/sock.ts'
import { ConnectionMemory } from '../threads/connection-memory.ts'
import { Counter } from '../threads/counters.ts'
import { type ConnectionId, SockMan } from './sockman.ts'

export function openVirtualP2p(context: SocketThreadContext<P2pOptions>): P2pConnman {
  const connman = new P2pConnman(context)
  connman.openSockets(context)
  return connman
}

export function openVirtualP2pHandler(
  context: HandlerThreadContext<P2pOptions>,
): MessageHandler<P2pNode> {
  return new MessageHandler(context, new P2pConnman(context))
}

/**
 * `CConnman` as a consumer of SockMan: each event finds its node by id, under `m_nodes_mutex`.
 * Both threads have an instance; the message-handler thread's never runs the loop.
 */
class P2pConnman extends SockMan<ConnectionMemory> implements HandlerConnman<P2pNode> {
  private readonly nodes = new Map<ConnectionId, P2pNode>()
  private readonly optimistic = this.context.options.sendMode === 'optimistic'
  private readonly alwaysAskToSend = this.context.options.sendMode === 'pollout'
  /** Read once per iteration, as Core does. */
  private nowMs = performance.now()

  // ---- socket thread ----

  openSockets(context: SocketThreadContext<P2pOptions>): void {
    const { options, report } = context
    this.announce = context.announce
    if (options.listen !== undefined) {
      const bound = this.bindAndStartListening(options.listen)
      if (typeof bound === 'number') {
        report({ kind: 'listen-failed', address: options.listen, errno: -bound })
      } else {
        report({ kind: 'listening', address: bound })
      }
    }
    for (const address of options.connect) {
      if (!context.service.stopping) this.openNetworkConnection(address, report)
    }
  }

  private announce: SocketThreadContext['announce'] = () => {
    throw new Error('connections are opened by the socket thread')
  }

  private openNetworkConnection(address: Address, report: SocketThreadContext['report']): void {
    const connected = this.connectAndMakeId(address)
    if (typeof connected === 'number') {
      report({ kind: 'connect-failed', address, errno: -connected })
      return
    }
    this.createNode(connected.id, false)
    report({ kind: 'connected', address })
  }

  override socketHandler(): void {
    this.nowMs = performance.now()
    super.socketHandler()
  }

  protected override createMemory(id: ConnectionId): ConnectionMemory {
    return ConnectionMemory.create(id)
  }

  protected override eventNewConnectionAccepted(id: ConnectionId): boolean {
    if (this.nodes.size >= MAX_CONNECTIONS) return false
    this.createNode(id, true)
    return true
  }

  protected override eventReadyToSend(id: ConnectionId): boolean {
    const node = this.getNodeById(id)
    if (node === undefined) return true
    const { sendMutex, sending } = node.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(node)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    // The peer is slow at receiving: nothing more may queue up for it. But if nothing could be
    // sent, receiving goes on, or two such peers would wait for each other for ever.
    return bytesSent > 0 && dataLeft
  }

  protected override eventGotData(id: ConnectionId, data: Uint8Array): void {
    const node = this.getNodeById(id)
    if (node === undefined) return
    node.lastRecvMs = this.nowMs
    this.counts[Counter.bytesReceived] += data.length
    if (!node.receiver.receiveMsgBytes(data)) {
      this.context.report({ kind: 'peer-disconnected', id: node.id, reason: node.receiver.failure })
      this.disconnectAndClose(node)
    }
    if (node.receiver.completed === 0) return
    if (node.memory.received.publish()) this.counts[Counter.floodPauses]++
    if (this.context.service.handlerWakeUp.wake()) this.counts[Counter.handlerWakeUps]++
  }

  protected override eventGotEOF(id: ConnectionId): void {
    const node = this.getNodeById(id)
    if (node !== undefined) this.disconnectAndClose(node)
  }

  protected override eventGotPermanentReadError(id: ConnectionId): void {
    const node = this.getNodeById(id)
    if (node !== undefined) this.disconnectAndClose(node)
  }

  protected override shouldTryToSend(id: ConnectionId): boolean {
    if (this.alwaysAskToSend) return super.shouldTryToSend(id)
    const node = this.getNodeById(id)
    if (node === undefined) return false
    const { sendMutex, sending } = node.memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(node.memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  protected override shouldTryToRecv(id: ConnectionId): boolean {
    const node = this.getNodeById(id)
    if (node === undefined || node.memory.received.paused) return false
    countLateReceive(node.memory, this.counts)
    return true
  }

  protected override eventIOLoopCompletedForOne(id: ConnectionId): void {
    const node = this.getNodeById(id)
    if (node === undefined) return
    if (isInactive(node.memory, node, this.nowMs)) node.memory.requestDisconnect()
  }

  protected override eventIOLoopCompletedForAll(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    for (const node of this.nodes.values()) {
      if (!node.memory.disconnectRequested) continue
      this.nodes.delete(node.id)
      this.closeNode(node)
    }
    nodesMutex.unlock()
  }

  private disconnectAndClose(node: P2pNode): void {
    node.memory.requestDisconnect()
    this.closeNode(node)
  }

  /** The message-handler thread sees `closed` and lets go of the node. */
  private closeNode({ id }: P2pNode): void {
    if (this.closeConnection(id)) this.context.service.handlerWakeUp.wake()
  }

  private createNode(id: ConnectionId, inbound: boolean): void {
    const { fd, memory } = this.connectionToShare(id)
    this.insertNode(new P2pNode(id, inbound, memory))
    this.announce({ id, fd, inbound, buffer: memory.buffer })
    this.context.service.handlerWakeUp.wake()
  }

  // ---- message-handler thread ----

  /** `CConnman::PushMessage`. */
  pushMessage(node: P2pNode, type: MessageType, payload: Uint8Array): void {
    const { sendMutex, sending } = node.memory
    sendMutex.lock()
    const queueWasEmpty = sending.isEmpty
    if (queueMessage(sending, type, payload)) this.counts[Counter.messagesSent]++
    else node.memory.requestDisconnect()
    if (queueWasEmpty && this.optimistic) {
      this.sendMessagesAsBytes(node)
    }
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
  }

  addNode({ id, fd, inbound, buffer }: OpenedConnection): P2pNode {
    const memory = new ConnectionMemory(buffer)
    this.adoptConnection(id, fd, memory)
    const node = new P2pNode(id, inbound, memory)
    this.insertNode(node)
    return node
  }

  removeNode(node: P2pNode): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.nodes.delete(node.id)
    nodesMutex.unlock()
    this.forgetConnection(node.id)
  }

  nodesSnapshot(): P2pNode[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = [...this.nodes.values()]
    nodesMutex.unlock()
    return snapshot
  }

  // ---- both ----

  /** `CConnman::SendMessagesAsBytes`; under `sendMutex`. @returns bytes sent */
  private sendMessagesAsBytes(node: P2pNode): number {
    const { sending } = node.memory
    let bytesSent = 0
    while (!sending.isEmpty) {
      const pending = sending.pending()
      const n = this.sendBytes(node.id, pending, false)
      if (n < 0) {
        node.memory.requestDisconnect()
        break
      }
      sending.consume(n)
      bytesSent += n
      if (n < pending.length) {
        if (n > 0) this.counts[Counter.partialSends]++
        break
      }
    }
    this.counts[Counter.bytesSent] += bytesSent
    return bytesSent
  }

  private insertNode(node: P2pNode): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.nodes.set(node.id, node)
    nodesMutex.unlock()
  }

  private getNodeById(id: ConnectionId): P2pNode | undefined {
    const { nodesMutex } = this.context.service
    this.counts[Counter.lookups]++
    nodesMutex.lock()
    const node = this.nodes.get(id)
    nodesMutex.unlock()
    return node
  }
}

/** A peer without its socket, which SockMan has. */
class P2pNode implements Node, Activity {
  readonly id: ConnectionId
  readonly inbound: boolean
  readonly memory: ConnectionMemory
  readonly receiver: MessageReceiver
  readonly connectedAtMs = performance.now()
  lastRecvMs = this.connectedAtMs

  constructor(id: ConnectionId, inbound: boolean, memory: ConnectionMemory) {
    this.id = id
    this.inbound = inbound
    this.memory = memory
    this.receiver = new MessageReceiver(memory.received)
  }
}
