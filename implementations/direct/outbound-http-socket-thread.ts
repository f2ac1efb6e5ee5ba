import { countLateSend } from '../node/late-wake-ups.ts'
import { type Received, ReplyReceivers } from '../node/outbound-http/reply-receiver.ts'
import { takeUp } from '../node/outbound-http/take-up.ts'
import type { OutboundHttpOptions } from '../node/service-options.ts'
import type { SocketHandler } from '../node/socket-loop.ts'
import type { OpenedConnection, SocketThreadContext } from '../node/thread-context.ts'
import { isTransient } from '../sock/errno.ts'
import { ERR, type Events, type EventsPerSock, RECV, SEND } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import { DirectPolledConnection } from './outbound-http-connection.ts'

/**
 * An HTTP client, the socket thread's half: the loop has the connections that the wallet opens, a
 * connection has its socket, and what is received goes to the connection's parser where it is
 * received.
 */
export class DirectHttpRequester implements SocketHandler {
  private readonly context: SocketThreadContext<OutboundHttpOptions>
  private readonly counts: Float64Array
  private readonly alwaysAskToSend: boolean
  private readonly receivers: ReplyReceivers
  private connections: DirectPolledConnection[] = []
  /** Of this iteration: the connections, and what was polled for. */
  private snapshot: readonly DirectPolledConnection[] = []
  private eventsPerSock: EventsPerSock = new Map()

  constructor(context: SocketThreadContext<OutboundHttpOptions>) {
    this.context = context
    this.counts = context.counters.counts
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
    this.receivers = new ReplyReceivers(context.options, this.counts)
  }

  generateWaitSockets(eventsPerSock: EventsPerSock): void {
    for (const opened of this.context.takeHandedOver()) this.addConnection(opened)
    this.disconnectConnections()
    this.snapshot = this.snapshotOfConnections()
    this.eventsPerSock = eventsPerSock
    this.counts[Counter.collectionsMade]++
    const { wakeUp } = this.context
    if (wakeUp !== undefined) eventsPerSock.set(wakeUp, { requested: RECV, occurred: 0 })
    for (const connection of this.snapshot) {
      const requested = this.shouldTryToSend(connection) ? SEND | RECV : RECV
      eventsPerSock.set(connection.sock, { requested, occurred: 0 })
    }
  }

  socketHandler(): void {
    const { wakeUp } = this.context
    if (wakeUp !== undefined && occurred(this.eventsPerSock.get(wakeUp)) & RECV) wakeUp.drain()
    for (const connection of this.snapshot) {
      if (this.context.service.stopping) return
      this.counts[Counter.lookups]++
      const events = occurred(this.eventsPerSock.get(connection.sock))
      let recvSet = (events & RECV) !== 0
      if (events & SEND && this.sendAndHasLeft(connection)) recvSet = false
      if (recvSet || events & ERR) this.receive(connection)
    }
  }

  interrupt(): void {}
  /** A request that is in flight is the wallet's to give up. */
  readonly finished = true

  close(): void {
    for (const connection of this.snapshotOfConnections()) this.closeSocket(connection)
  }

  private shouldTryToSend({ memory }: DirectPolledConnection): boolean {
    if (this.alwaysAskToSend) return true
    const { sendMutex, sending } = memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  /** @returns whether something was sent and data is left: then nothing is received now */
  private sendAndHasLeft(connection: DirectPolledConnection): boolean {
    const { sendMutex, sending } = connection.memory
    sendMutex.lock()
    const bytesSent = connection.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  private receive(connection: DirectPolledConnection): void {
    const { memory, receiver, sock } = connection
    const room = memory.received.reserve()
    memory.sockMutex.lock()
    const n = sock.recv(room)
    memory.sockMutex.unlock()
    if (n > 0) {
      this.counts[Counter.bytesReceived] += n
      this.goOn(connection, receiver.gotData(room.subarray(0, n)))
    } else if (n === 0) {
      receiver.gotEof()
      this.closeSocket(connection)
    } else if (!isTransient(-n)) {
      receiver.gotError(-n)
      this.closeSocket(connection)
    }
  }

  private goOn(connection: DirectPolledConnection, received: Received): void {
    if (received === 'more') return
    if (received === 'over') this.closeSocket(connection)
    else if (this.context.service.handlerWakeUp.wake()) this.counts[Counter.handlerWakeUps]++
  }

  private addConnection(opened: OpenedConnection): void {
    const receiver = this.receivers.take(opened)
    if (!takeUp(receiver.memory, this.counts)) return
    const connection = new DirectPolledConnection(receiver, this.context.network.attach(opened.fd))
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.connections.push(connection)
    nodesMutex.unlock()
  }

  private snapshotOfConnections(): DirectPolledConnection[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.connections.slice()
    nodesMutex.unlock()
    return snapshot
  }

  private disconnectConnections(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const gone = this.connections.filter(({ memory }) => memory.disconnectRequested)
    nodesMutex.unlock()
    for (const connection of gone) {
      connection.receiver.gaveUp()
      this.closeSocket(connection)
    }
  }

  /** The wallet sees `closed`, closes the descriptor, and uses the memory for another connection. */
  private closeSocket(connection: DirectPolledConnection): void {
    const { memory, sock } = connection
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.connections.splice(this.connections.indexOf(connection), 1)
    nodesMutex.unlock()
    memory.sockMutex.lock()
    memory.markClosed()
    sock.close()
    memory.sockMutex.unlock()
    this.context.service.handlerWakeUp.wake()
  }
}

function occurred(events: Events | undefined): number {
  return events === undefined ? 0 : events.occurred
}
