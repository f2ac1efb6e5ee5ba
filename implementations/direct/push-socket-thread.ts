import { AcceptPause } from '../node/accept-pause.ts'
import { countLateSend } from '../node/late-wake-ups.ts'
import { MAX_CONNECTIONS } from '../node/loop-constants.ts'
import type { PushOptions } from '../node/service-options.ts'
import type { SocketHandler } from '../node/socket-loop.ts'
import type { NetSock, SocketThreadContext } from '../node/thread-context.ts'
import { listenOn } from '../sock/connect.ts'
import { isTransient } from '../sock/errno.ts'
import { ERR, type Events, type EventsPerSock, RECV, SEND } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import { PushConnectionMemory } from '../threads/push-connection-memory.ts'
import { DirectSubscriber } from './push-connection.ts'

/**
 * A source of messages, the socket thread's half: the loop owns the subscribers, a subscriber owns
 * its socket, and what it asks for is read where it is received.
 */
export class DirectPushServer implements SocketHandler {
  private readonly context: SocketThreadContext<PushOptions>
  private readonly counts: Float64Array
  private readonly alwaysAskToSend: boolean
  private subscribers: DirectSubscriber[] = []
  private listenSock: NetSock | undefined
  private readonly acceptPause = new AcceptPause()
  private nextId = 0
  /** Of this iteration: the subscribers, and what was polled for. */
  private snapshot: readonly DirectSubscriber[] = []
  private eventsPerSock: EventsPerSock = new Map()

  constructor(context: SocketThreadContext<PushOptions>) {
    this.context = context
    this.counts = context.counters.counts
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
    this.bindAndStartListening()
  }

  generateWaitSockets(eventsPerSock: EventsPerSock): void {
    this.disconnectSubscribers()
    this.snapshot = this.snapshotOfSubscribers()
    this.eventsPerSock = eventsPerSock
    this.counts[Counter.collectionsMade]++
    const { wakeUp } = this.context
    if (wakeUp !== undefined) eventsPerSock.set(wakeUp, { requested: RECV, occurred: 0 })
    if (this.listenSock !== undefined && this.acceptPause.takeIsOver()) {
      eventsPerSock.set(this.listenSock, { requested: RECV, occurred: 0 })
    }
    for (const subscriber of this.snapshot) {
      const requested = this.shouldTryToSend(subscriber) ? SEND | RECV : RECV
      eventsPerSock.set(subscriber.sock, { requested, occurred: 0 })
    }
  }

  socketHandler(): void {
    const { wakeUp } = this.context
    if (wakeUp !== undefined && occurred(this.eventsPerSock.get(wakeUp)) & RECV) wakeUp.drain()
    this.socketHandlerConnected()
    this.socketHandlerListening()
  }

  interrupt(): void {}
  /** Nothing that a subscriber could wait for is worth a delay. */
  readonly finished = true

  close(): void {
    for (const subscriber of this.subscribers) this.closeSocket(subscriber)
    this.listenSock?.close()
  }

  private shouldTryToSend({ memory }: DirectSubscriber): boolean {
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
    for (const subscriber of this.snapshot) {
      if (this.context.service.stopping) return
      if (subscriber.memory.closed) continue
      this.counts[Counter.lookups]++
      const events = occurred(eventsPerSock.get(subscriber.sock))
      let recvSet = (events & RECV) !== 0
      if (events & SEND && this.sendAndHasLeft(subscriber)) recvSet = false
      if (recvSet || events & ERR) this.receive(subscriber)
    }
  }

  /** @returns whether something was sent and data is left: then nothing is received now */
  private sendAndHasLeft(subscriber: DirectSubscriber): boolean {
    const { sendMutex, sending } = subscriber.memory
    sendMutex.lock()
    const bytesSent = subscriber.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  private receive(subscriber: DirectSubscriber): void {
    const { received, sockMutex } = subscriber.memory
    const room = received.reserve()
    sockMutex.lock()
    const n = subscriber.sock.recv(room)
    sockMutex.unlock()
    if (n > 0) {
      this.counts[Counter.bytesReceived] += n
      this.receiveRequest(subscriber, room.subarray(0, n))
    } else if (n === 0 || !isTransient(-n)) {
      subscriber.memory.requestDisconnect()
      this.closeSocket(subscriber)
    }
  }

  private receiveRequest({ requests, memory }: DirectSubscriber, data: Uint8Array): void {
    const messages = requests.receivedBytes(data)
    if (messages === 0) return
    memory.request(messages)
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
    const { sock } = accepted
    if (this.subscribers.length >= MAX_CONNECTIONS) {
      sock.close()
      return
    }
    sock.setSockOpt('TCP_NODELAY', 1)
    this.createSubscriber(sock)
  }

  private bindAndStartListening(): void {
    const { network, report, options } = this.context
    const { listen: address, socketBufferBytes } = options
    const sock = listenOn(network, address, {
      receiveBufferBytes: socketBufferBytes,
      sendBufferBytes: socketBufferBytes,
    })
    if (typeof sock === 'number') {
      report({ kind: 'listen-failed', address, errno: -sock })
      return
    }
    this.listenSock = sock
    const bound = sock.getsockname()
    report({ kind: 'listening', address: typeof bound === 'number' ? address : bound })
  }

  private createSubscriber(sock: NetSock): void {
    const { service, announce } = this.context
    const id = this.nextId++
    const memory = PushConnectionMemory.create(id)
    const subscriber = new DirectSubscriber(id, memory, sock)
    service.nodesMutex.lock()
    this.subscribers.push(subscriber)
    service.nodesMutex.unlock()
    announce({ id: subscriber.id, fd: sock.fd, inbound: true, buffer: memory.buffer })
    service.handlerWakeUp.wake()
  }

  private snapshotOfSubscribers(): DirectSubscriber[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.subscribers.slice()
    nodesMutex.unlock()
    return snapshot
  }

  private disconnectSubscribers(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    if (this.subscribers.some(({ memory }) => memory.disconnectRequested)) {
      for (const subscriber of this.subscribers) {
        if (subscriber.memory.disconnectRequested) this.closeSocket(subscriber)
      }
      // Not by the request, which another thread may make just now: it is for the next iteration.
      this.subscribers = this.subscribers.filter(({ memory }) => !memory.closed)
    }
    nodesMutex.unlock()
  }

  /** The handler thread sees `closed` and lets go of the subscriber. */
  private closeSocket({ memory, sock }: DirectSubscriber): void {
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
