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
  NetSock,
  OpenedConnection,
  SocketThreadContext,
} from '../node/thread-context.ts'
import type { MessageType } from '../protocol/p2p/message-type.ts'
import { ConnectionMemory } from '../threads/connection-memory.ts'
import { Counter } from '../threads/counters.ts'
import { Connection } from './connection.ts'
import { specialiseSockMan } from './specialise.ts'

export function openDevirtualizedP2p(context: SocketThreadContext<P2pOptions>): P2pConnman {
  const connman = new P2pConnman(context)
  connman.openSockets(context)
  return connman
}

export function openDevirtualizedP2pHandler(
  context: HandlerThreadContext<P2pOptions>,
): MessageHandler<P2pNode> {
  return new MessageHandler(context, new P2pConnman(context))
}

/** A peer, which is its connection as well. */
class P2pNode extends Connection<ConnectionMemory> implements Node, Activity {
  readonly id: number
  readonly inbound: boolean
  readonly receiver: MessageReceiver
  readonly connectedAtMs = performance.now()
  lastRecvMs = this.connectedAtMs

  constructor(id: number, inbound: boolean, sock: NetSock, memory: ConnectionMemory) {
    super(sock, memory)
    this.id = id
    this.inbound = inbound
    this.receiver = new MessageReceiver(memory.received)
  }
}

const SockMan = await specialiseSockMan('p2p')

/**
 * `CConnman` as the consumer that its SockMan is specialised for. Both threads have an instance;
 * the message-handler thread's never runs the loop.
 */
class P2pConnman extends SockMan<P2pNode> implements HandlerConnman<P2pNode> {
  private nodes: P2pNode[] = []
  private readonly optimistic = this.context.options.sendMode === 'optimistic'
  private readonly alwaysAskToSend = this.context.options.sendMode === 'pollout'
  private nextNodeId = 0
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
      if (context.service.stopping) break
      const connected = this.connect(address, sock => this.createNode(false, sock))
      if (typeof connected === 'number') {
        report({ kind: 'connect-failed', address, errno: -connected })
      } else {
        report({ kind: 'connected', address })
      }
    }
  }

  private announce: SocketThreadContext['announce'] = () => {
    throw new Error('connections are opened by the socket thread')
  }

  override socketHandler(): void {
    this.nowMs = performance.now()
    super.socketHandler()
  }

  override eventNewConnectionAccepted(sock: NetSock): P2pNode | undefined {
    if (this.nodes.length >= MAX_CONNECTIONS) return undefined
    return this.createNode(true, sock)
  }

  override eventReadyToSend(node: P2pNode): boolean {
    const { sendMutex, sending } = node.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(node)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    // The peer is slow at receiving: nothing more may queue up for it. But if nothing could be
    // sent, receiving goes on, or two such peers would wait for each other for ever.
    return bytesSent > 0 && dataLeft
  }

  override eventGotData(node: P2pNode, data: Uint8Array): void {
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

  override eventGotEOF(node: P2pNode): void {
    this.disconnectAndClose(node)
  }

  override eventGotPermanentReadError(node: P2pNode): void {
    this.disconnectAndClose(node)
  }

  override shouldTryToSend(node: P2pNode): boolean {
    if (this.alwaysAskToSend) return true
    const { sendMutex, sending } = node.memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(node.memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  override shouldTryToRecv(node: P2pNode): boolean {
    if (node.memory.received.paused) return false
    countLateReceive(node.memory, this.counts)
    return true
  }

  override eventIOLoopCompletedForOne(node: P2pNode): void {
    if (isInactive(node.memory, node, this.nowMs)) node.memory.requestDisconnect()
  }

  override eventIOLoopCompletedForAll(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    if (this.nodes.some(node => node.memory.disconnectRequested)) {
      for (const node of this.nodes) {
        if (node.memory.disconnectRequested) this.closeNode(node)
      }
      // Not by the request, which another thread may make just now: it is for the next iteration.
      this.nodes = this.nodes.filter(node => !node.memory.closed)
    }
    nodesMutex.unlock()
  }

  private disconnectAndClose(node: P2pNode): void {
    node.memory.requestDisconnect()
    this.closeNode(node)
  }

  /** The message-handler thread sees `closed` and lets go of the node. */
  private closeNode(node: P2pNode): void {
    this.closeConnection(node)
    this.context.service.handlerWakeUp.wake()
  }

  private createNode(inbound: boolean, sock: NetSock): P2pNode {
    const id = this.nextNodeId++
    const memory = ConnectionMemory.create(id)
    const node = new P2pNode(id, inbound, sock, memory)
    this.insertNode(node)
    this.announce({ id: node.id, fd: sock.fd, inbound, buffer: memory.buffer })
    this.context.service.handlerWakeUp.wake()
    return node
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
    const sock = this.context.network.attach(fd)
    const node = new P2pNode(id, inbound, sock, new ConnectionMemory(buffer))
    this.insertNode(node)
    return node
  }

  removeNode(node: P2pNode): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.nodes.splice(this.nodes.indexOf(node), 1)
    nodesMutex.unlock()
  }

  nodesSnapshot(): P2pNode[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.nodes.slice()
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
      const n = this.sendBytes(node, pending, false)
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
    this.nodes.push(node)
    nodesMutex.unlock()
  }
}
