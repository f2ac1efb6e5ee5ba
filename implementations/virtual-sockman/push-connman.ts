import { countLateSend } from '../node/late-wake-ups.ts'
import { MAX_CONNECTIONS } from '../node/loop-constants.ts'
import { type PushConnman, PushHandler, type Subscriber } from '../node/push/push-handler.ts'
import { queuePush } from '../node/push/queue-push.ts'
import type { PushOptions } from '../node/service-options.ts'
import type {
  HandlerThreadContext,
  OpenedConnection,
  SocketThreadContext,
} from '../node/thread-context.ts'
import type { PushMessage } from '../protocol/sv2/messages/push-message.ts'
import { PushRequestTransport } from '../protocol/sv2/push-request.ts'
import { Counter } from '../threads/counters.ts'
import { PushConnectionMemory } from '../threads/push-connection-memory.ts'
import { type ConnectionId, SockMan } from './sockman.ts'

export function openVirtualPush(context: SocketThreadContext<PushOptions>): Sv2Connman {
  const connman = new Sv2Connman(context)
  connman.openSockets(context)
  return connman
}

export function openVirtualPushHandler(
  context: HandlerThreadContext<PushOptions>,
): PushHandler<Sv2Subscriber> {
  return new PushHandler(context, new Sv2Connman(context))
}

/**
 * A source of messages as a consumer of SockMan (`Sv2Connman`): each event finds its subscriber by
 * id, under `nodesMutex`. Both threads have an instance; the handler thread's never runs the loop.
 */
class Sv2Connman extends SockMan<PushConnectionMemory> implements PushConnman<Sv2Subscriber> {
  private readonly subscribers = new Map<ConnectionId, Sv2Subscriber>()
  private readonly optimistic = this.context.options.sendMode === 'optimistic'
  private readonly alwaysAskToSend = this.context.options.sendMode === 'pollout'

  // ---- socket thread ----

  openSockets({ options, report, announce }: SocketThreadContext<PushOptions>): void {
    this.announce = announce
    const bound = this.bindAndStartListening(options.listen)
    if (typeof bound === 'number') {
      report({ kind: 'listen-failed', address: options.listen, errno: -bound })
    } else {
      report({ kind: 'listening', address: bound })
    }
  }

  private announce: SocketThreadContext['announce'] = () => {
    throw new Error('connections are accepted by the socket thread')
  }

  protected override createMemory(id: ConnectionId): PushConnectionMemory {
    return PushConnectionMemory.create(id)
  }

  protected override eventNewConnectionAccepted(id: ConnectionId): boolean {
    if (this.subscribers.size >= MAX_CONNECTIONS) return false
    const { fd, memory } = this.connectionToShare(id)
    this.insertSubscriber(new Sv2Subscriber(id, memory))
    this.announce({ id, fd, inbound: true, buffer: memory.buffer })
    this.context.service.handlerWakeUp.wake()
    return true
  }

  protected override eventReadyToSend(id: ConnectionId): boolean {
    const subscriber = this.getSubscriberById(id)
    if (subscriber === undefined) return true
    const { sendMutex, sending } = subscriber.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(subscriber)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  protected override eventGotData(id: ConnectionId, data: Uint8Array): void {
    const subscriber = this.getSubscriberById(id)
    if (subscriber === undefined) return
    this.counts[Counter.bytesReceived] += data.length
    const messages = subscriber.requests.receivedBytes(data)
    if (messages === 0) return
    subscriber.memory.request(messages)
    if (this.context.service.handlerWakeUp.wake()) this.counts[Counter.handlerWakeUps]++
  }

  protected override eventGotEOF(id: ConnectionId): void {
    this.disconnectAndClose(id)
  }

  protected override eventGotPermanentReadError(id: ConnectionId): void {
    this.disconnectAndClose(id)
  }

  protected override shouldTryToSend(id: ConnectionId): boolean {
    if (this.alwaysAskToSend) return super.shouldTryToSend(id)
    const subscriber = this.getSubscriberById(id)
    if (subscriber === undefined) return false
    const { sendMutex, sending } = subscriber.memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(subscriber.memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  protected override eventIOLoopCompletedForAll(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    for (const { id, memory } of this.subscribers.values()) {
      if (!memory.disconnectRequested) continue
      this.subscribers.delete(id)
      this.closeSubscriber(id)
    }
    nodesMutex.unlock()
  }

  private disconnectAndClose(id: ConnectionId): void {
    this.getSubscriberById(id)?.memory.requestDisconnect()
    this.closeSubscriber(id)
  }

  /** The handler thread sees `closed` and lets go of the subscriber. */
  private closeSubscriber(id: ConnectionId): void {
    if (this.closeConnection(id)) this.context.service.handlerWakeUp.wake()
  }

  // ---- handler thread ----

  pushMessage(subscriber: Sv2Subscriber, message: PushMessage): boolean {
    const { sendMutex, sending } = subscriber.memory
    sendMutex.lock()
    const queueWasEmpty = sending.isEmpty
    const queued = queuePush(sending, message)
    if (queued) this.counts[Counter.messagesSent]++
    if (queueWasEmpty && this.optimistic) this.sendMessagesAsBytes(subscriber)
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
    return queued
  }

  addSubscriber({ id, fd, buffer }: OpenedConnection): void {
    const memory = new PushConnectionMemory(buffer)
    this.adoptConnection(id, fd, memory)
    this.insertSubscriber(new Sv2Subscriber(id, memory))
  }

  removeSubscriber({ id }: Sv2Subscriber): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.subscribers.delete(id)
    nodesMutex.unlock()
    this.forgetConnection(id)
  }

  subscribersSnapshot(): Sv2Subscriber[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = [...this.subscribers.values()]
    nodesMutex.unlock()
    return snapshot
  }

  // ---- both ----

  /** Sends what is queued, or a part; under `sendMutex`. @returns bytes sent */
  private sendMessagesAsBytes({ id, memory }: Sv2Subscriber): number {
    const { sending } = memory
    let bytesSent = 0
    while (!sending.isEmpty) {
      const pending = sending.pending()
      const n = this.sendBytes(id, pending, false)
      if (n < 0) {
        memory.requestDisconnect()
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

  private insertSubscriber(subscriber: Sv2Subscriber): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.subscribers.set(subscriber.id, subscriber)
    nodesMutex.unlock()
  }

  private getSubscriberById(id: ConnectionId): Sv2Subscriber | undefined {
    const { nodesMutex } = this.context.service
    this.counts[Counter.lookups]++
    nodesMutex.lock()
    const subscriber = this.subscribers.get(id)
    nodesMutex.unlock()
    return subscriber
  }
}

/** A subscriber without its socket, which SockMan has. */
class Sv2Subscriber implements Subscriber {
  readonly id: ConnectionId
  readonly memory: PushConnectionMemory
  readonly requests = new PushRequestTransport()
  messages = 0

  constructor(id: ConnectionId, memory: PushConnectionMemory) {
    this.id = id
    this.memory = memory
  }
}
