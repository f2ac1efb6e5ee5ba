import { countLateSend } from '../node/late-wake-ups.ts'
import { MAX_CONNECTIONS } from '../node/loop-constants.ts'
import { type PushConnman, PushHandler, type Subscriber } from '../node/push/push-handler.ts'
import { queuePush } from '../node/push/queue-push.ts'
import type { PushOptions } from '../node/service-options.ts'
import type {
  HandlerThreadContext,
  NetSock,
  OpenedConnection,
  SocketThreadContext,
} from '../node/thread-context.ts'
import type { PushMessage } from '../protocol/sv2/messages/push-message.ts'
import { PushRequestTransport } from '../protocol/sv2/push-request.ts'
import { Counter } from '../threads/counters.ts'
import { PushConnectionMemory } from '../threads/push-connection-memory.ts'
import { Connection } from './connection.ts'
import { specialiseSockMan } from './specialise.ts'

export function openDevirtualizedPush(context: SocketThreadContext<PushOptions>): Sv2Connman {
  const connman = new Sv2Connman(context)
  connman.openSockets(context)
  return connman
}

export function openDevirtualizedPushHandler(
  context: HandlerThreadContext<PushOptions>,
): PushHandler<Sv2Subscriber> {
  return new PushHandler(context, new Sv2Connman(context))
}

/** A subscriber, which is its connection as well. */
class Sv2Subscriber extends Connection<PushConnectionMemory> implements Subscriber {
  readonly id: number
  readonly requests = new PushRequestTransport()
  messages = 0

  constructor(id: number, sock: NetSock, memory: PushConnectionMemory) {
    super(sock, memory)
    this.id = id
  }
}

const SockMan = await specialiseSockMan('push')

/**
 * A source of messages as the consumer that its SockMan is specialised for. Both threads have an
 * instance; the handler thread's never runs the loop.
 */
class Sv2Connman extends SockMan<Sv2Subscriber> implements PushConnman<Sv2Subscriber> {
  private subscribers: Sv2Subscriber[] = []
  private readonly optimistic = this.context.options.sendMode === 'optimistic'
  private readonly alwaysAskToSend = this.context.options.sendMode === 'pollout'
  private nextId = 0

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

  override eventNewConnectionAccepted(sock: NetSock): Sv2Subscriber | undefined {
    if (this.subscribers.length >= MAX_CONNECTIONS) return undefined
    const id = this.nextId++
    const memory = PushConnectionMemory.create(id)
    const subscriber = new Sv2Subscriber(id, sock, memory)
    this.insertSubscriber(subscriber)
    this.announce({ id: subscriber.id, fd: sock.fd, inbound: true, buffer: memory.buffer })
    this.context.service.handlerWakeUp.wake()
    return subscriber
  }

  override eventReadyToSend(subscriber: Sv2Subscriber): boolean {
    const { sendMutex, sending } = subscriber.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(subscriber)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  override eventGotData({ requests, memory }: Sv2Subscriber, data: Uint8Array): void {
    this.counts[Counter.bytesReceived] += data.length
    const messages = requests.receivedBytes(data)
    if (messages === 0) return
    memory.request(messages)
    if (this.context.service.handlerWakeUp.wake()) this.counts[Counter.handlerWakeUps]++
  }

  override eventGotEOF(subscriber: Sv2Subscriber): void {
    this.disconnectAndClose(subscriber)
  }

  override eventGotPermanentReadError(subscriber: Sv2Subscriber): void {
    this.disconnectAndClose(subscriber)
  }

  override shouldTryToSend({ memory }: Sv2Subscriber): boolean {
    if (this.alwaysAskToSend) return true
    const { sendMutex, sending } = memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  override shouldTryToRecv(): boolean {
    return true
  }

  override eventIOLoopCompletedForOne(): void {}

  override eventIOLoopCompletedForAll(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    if (this.subscribers.some(({ memory }) => memory.disconnectRequested)) {
      for (const subscriber of this.subscribers) {
        if (subscriber.memory.disconnectRequested) this.closeSubscriber(subscriber)
      }
      // Not by the request, which another thread may make just now: it is for the next iteration.
      this.subscribers = this.subscribers.filter(({ memory }) => !memory.closed)
    }
    nodesMutex.unlock()
  }

  private disconnectAndClose(subscriber: Sv2Subscriber): void {
    subscriber.memory.requestDisconnect()
    this.closeSubscriber(subscriber)
  }

  /** The handler thread sees `closed` and lets go of the subscriber. */
  private closeSubscriber(subscriber: Sv2Subscriber): void {
    this.closeConnection(subscriber)
    this.context.service.handlerWakeUp.wake()
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
    const sock = this.context.network.attach(fd)
    this.insertSubscriber(new Sv2Subscriber(id, sock, new PushConnectionMemory(buffer)))
  }

  removeSubscriber(subscriber: Sv2Subscriber): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.subscribers.splice(this.subscribers.indexOf(subscriber), 1)
    nodesMutex.unlock()
  }

  subscribersSnapshot(): Sv2Subscriber[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.subscribers.slice()
    nodesMutex.unlock()
    return snapshot
  }

  // ---- both ----

  /** Sends what is queued, or a part; under `sendMutex`. @returns bytes sent */
  private sendMessagesAsBytes(subscriber: Sv2Subscriber): number {
    const { memory } = subscriber
    const { sending } = memory
    let bytesSent = 0
    while (!sending.isEmpty) {
      const pending = sending.pending()
      const n = this.sendBytes(subscriber, pending, false)
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
    this.subscribers.push(subscriber)
    nodesMutex.unlock()
  }
}
