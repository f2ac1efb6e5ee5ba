import { AcceptPause } from '../node/accept-pause.ts'
import { isInactive } from '../node/inactivity.ts'
import { countLateReceive, countLateSend } from '../node/late-wake-ups.ts'
import { CONNECT_TIMEOUT_MS, MAX_CONNECTIONS } from '../node/loop-constants.ts'
import type { P2pOptions } from '../node/service-options.ts'
import type { SocketHandler } from '../node/socket-loop.ts'
import type { NetSock, SocketThreadContext } from '../node/thread-context.ts'
import { connectSock, listenOn } from '../sock/connect.ts'
import { isTransient } from '../sock/errno.ts'
import { type Address, ERR, type Events, type EventsPerSock, RECV, SEND } from '../sock/sock.ts'
import { ConnectionMemory } from '../threads/connection-memory.ts'
import { Counter } from '../threads/counters.ts'
import { DirectNode } from './node.ts'

/**
 * Core's `CConnman` of today, the socket thread's half: the loop owns the nodes, a node owns its
 * socket, and what is received goes to the node's transport where it is received.
 */
export class DirectConnman implements SocketHandler {
  private readonly context: SocketThreadContext<P2pOptions>
  private readonly counts: Float64Array
  private readonly bufferSizes: { receiveBufferBytes: number; sendBufferBytes: number }
  private readonly alwaysAskToSend: boolean
  private nodes: DirectNode[] = []
  private listenSock: NetSock | undefined
  private readonly acceptPause = new AcceptPause()
  private nextNodeId = 0
  /** Of this iteration: the nodes, and what was polled for. */
  private snapshot: readonly DirectNode[] = []
  private eventsPerSock: EventsPerSock = new Map()

  constructor(context: SocketThreadContext<P2pOptions>) {
    this.context = context
    this.counts = context.counters.counts
    const bytes = context.options.socketBufferBytes
    this.bufferSizes = { receiveBufferBytes: bytes, sendBufferBytes: bytes }
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
    const { options, service } = context
    if (options.listen !== undefined) this.bindAndStartListening(options.listen)
    for (const address of options.connect) {
      if (!service.stopping) this.openNetworkConnection(address)
    }
  }

  generateWaitSockets(eventsPerSock: EventsPerSock): void {
    this.disconnectNodes()
    this.snapshot = this.snapshotOfNodes()
    this.eventsPerSock = eventsPerSock
    this.counts[Counter.collectionsMade]++
    const { wakeUp } = this.context
    if (wakeUp !== undefined) eventsPerSock.set(wakeUp, { requested: RECV, occurred: 0 })
    if (this.listenSock !== undefined && this.acceptPause.takeIsOver()) {
      eventsPerSock.set(this.listenSock, { requested: RECV, occurred: 0 })
    }
    for (const node of this.snapshot) {
      const selectRecv = !node.memory.received.paused
      if (selectRecv) countLateReceive(node.memory, this.counts)
      const selectSend = this.shouldTryToSend(node)
      if (!selectRecv && !selectSend) continue
      const requested = (selectSend ? SEND : 0) | (selectRecv ? RECV : 0)
      eventsPerSock.set(node.sock, { requested, occurred: 0 })
    }
  }

  socketHandler(): void {
    const { wakeUp } = this.context
    if (wakeUp !== undefined && occurred(this.eventsPerSock.get(wakeUp)) & RECV) wakeUp.drain()
    this.socketHandlerConnected()
    this.socketHandlerListening()
  }

  interrupt(): void {}
  /** Nothing that a peer could wait for is worth a delay. */
  readonly finished = true

  close(): void {
    for (const node of this.nodes) this.closeSocket(node)
    this.listenSock?.close()
  }

  private shouldTryToSend({ memory }: DirectNode): boolean {
    if (this.alwaysAskToSend) return true
    const { sendMutex, sending } = memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  private socketHandlerConnected(): void {
    const { eventsPerSock } = this
    const nowMs = performance.now()
    for (const node of this.snapshot) {
      if (this.context.service.stopping) return
      if (node.memory.closed) continue
      this.counts[Counter.lookups]++
      const events = occurred(eventsPerSock.get(node.sock))
      let recvSet = (events & RECV) !== 0
      if (events & SEND && this.sendAndHasLeft(node)) recvSet = false
      if (recvSet || events & ERR) this.receive(node, nowMs)
      if (isInactive(node.memory, node, nowMs)) node.memory.requestDisconnect()
    }
  }

  /**
   * Sends before receiving. If something was sent and data is left, the peer is slow at receiving:
   * nothing is received from it now, so that nothing more queues up. If nothing could be sent,
   * receiving goes on, or two such peers would wait for each other for ever.
   */
  private sendAndHasLeft(node: DirectNode): boolean {
    const { sendMutex, sending } = node.memory
    sendMutex.lock()
    const bytesSent = node.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  private receive(node: DirectNode, nowMs: number): void {
    const { received, sockMutex } = node.memory
    const room = received.reserve()
    if (room.length === 0) return
    sockMutex.lock()
    const n = node.sock.recv(room)
    sockMutex.unlock()
    if (n > 0) {
      node.lastRecvMs = nowMs
      this.counts[Counter.bytesReceived] += n
      this.receiveMsgBytes(node, room.subarray(0, n))
    } else if (n === 0 || !isTransient(-n)) {
      this.closeSocketDisconnect(node)
    }
  }

  private receiveMsgBytes(node: DirectNode, data: Uint8Array): void {
    if (!node.receiver.receiveMsgBytes(data)) {
      this.context.report({ kind: 'peer-disconnected', id: node.id, reason: node.receiver.failure })
      this.closeSocketDisconnect(node)
    }
    if (node.receiver.completed === 0) return
    if (node.memory.received.publish()) this.counts[Counter.floodPauses]++
    if (this.context.service.handlerWakeUp.wake()) this.counts[Counter.handlerWakeUps]++
  }

  private socketHandlerListening(): void {
    const { listenSock } = this
    if (listenSock === undefined) return
    if (!(occurred(this.eventsPerSock.get(listenSock)) & RECV)) return
    const accepted = listenSock.accept()
    if (typeof accepted === 'number') {
      this.acceptPause.failed(-accepted, this.counts)
      return
    }
    const sock = accepted.sock
    if (this.nodes.length >= MAX_CONNECTIONS) {
      sock.close()
      return
    }
    sock.setSockOpt('TCP_NODELAY', 1)
    this.createNode(sock, true)
  }

  private bindAndStartListening(address: Address): void {
    const { network, report } = this.context
    const sock = listenOn(network, address, this.bufferSizes)
    if (typeof sock === 'number') {
      report({ kind: 'listen-failed', address, errno: -sock })
      return
    }
    this.listenSock = sock
    const bound = sock.getsockname()
    report({ kind: 'listening', address: typeof bound === 'number' ? address : bound })
  }

  private openNetworkConnection(address: Address): void {
    const { network, report } = this.context
    const sock = connectSock(network, address, CONNECT_TIMEOUT_MS, this.bufferSizes)
    if (typeof sock === 'number') {
      report({ kind: 'connect-failed', address, errno: -sock })
      return
    }
    this.createNode(sock, false)
    report({ kind: 'connected', address })
  }

  private createNode(sock: NetSock, inbound: boolean): void {
    const { service, announce } = this.context
    const id = this.nextNodeId++
    const node = new DirectNode(id, inbound, ConnectionMemory.create(id), sock)
    service.nodesMutex.lock()
    this.nodes.push(node)
    service.nodesMutex.unlock()
    announce({ id: node.id, fd: sock.fd, inbound, buffer: node.memory.buffer })
    service.handlerWakeUp.wake()
  }

  /** Core's `NodesSnapshot`. */
  private snapshotOfNodes(): DirectNode[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.nodes.slice()
    nodesMutex.unlock()
    return snapshot
  }

  private disconnectNodes(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const anyGone = this.nodes.some(node => node.memory.disconnectRequested)
    if (anyGone) {
      for (const node of this.nodes) {
        if (node.memory.disconnectRequested) this.closeSocket(node)
      }
      // Not by the request, which another thread may make just now: it is for the next iteration.
      this.nodes = this.nodes.filter(node => !node.memory.closed)
    }
    nodesMutex.unlock()
  }

  private closeSocketDisconnect(node: DirectNode): void {
    node.memory.requestDisconnect()
    this.closeSocket(node)
  }

  /** The message-handler thread sees `closed` and lets go of the node. */
  private closeSocket(node: DirectNode): void {
    const { memory, sock } = node
    memory.sockMutex.lock()
    if (!memory.closed) {
      memory.markClosed()
      sock.close()
    }
    memory.sockMutex.unlock()
    this.context.service.handlerWakeUp.wake()
  }
}

function occurred(events: Events | undefined): number {
  return events === undefined ? 0 : events.occurred
}
