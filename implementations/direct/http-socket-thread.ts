import { AcceptPause } from '../node/accept-pause.ts'
import { HttpSession } from '../node/http/http-session.ts'
import { MAX_HTTP_CONNECTIONS } from '../node/http/limits.ts'
import { RequestFlow } from '../node/http/request-flow.ts'
import { Slots } from '../node/http/slots.ts'
import { countLateSend } from '../node/late-wake-ups.ts'
import type { HttpOptions } from '../node/service-options.ts'
import type { SocketHandler } from '../node/socket-loop.ts'
import type { NetSock, SocketThreadContext } from '../node/thread-context.ts'
import { listenOn } from '../sock/connect.ts'
import { isTransient } from '../sock/errno.ts'
import { type Address, ERR, type Events, type EventsPerSock, RECV, SEND } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import { DirectHttpServedClient } from './http-client.ts'
import { DirectHttpReplier } from './http-replier.ts'

/**
 * An HTTP server with a loop of its own, as Core's has had since it left libevent: the loop owns the
 * clients, a client owns its socket, and what is received goes to the client's parser where it is
 * received.
 */
export class DirectHttpServer implements SocketHandler {
  private readonly context: SocketThreadContext<HttpOptions>
  private readonly counts: Float64Array
  private readonly alwaysAskToSend: boolean
  private readonly slots: Slots
  private readonly flow: RequestFlow<DirectHttpServedClient>
  private clients: DirectHttpServedClient[] = []
  private listenSock: NetSock | undefined
  private readonly acceptPause = new AcceptPause()
  private nextClientId = 0
  /** Read once per iteration. */
  private nowMs = performance.now()
  /** Of this iteration: the clients, and what was polled for. */
  private snapshot: readonly DirectHttpServedClient[] = []
  private eventsPerSock: EventsPerSock = new Map()

  constructor(context: SocketThreadContext<HttpOptions>) {
    this.context = context
    this.counts = context.counters.counts
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
    this.slots = new Slots(context.announce)
    this.flow = new RequestFlow<DirectHttpServedClient>(context, new DirectHttpReplier(context))
    this.bindAndStartListening(context.options.listen)
  }

  generateWaitSockets(eventsPerSock: EventsPerSock): void {
    this.nowMs = performance.now()
    this.goOnWithClients()
    this.disconnectClients()
    this.snapshot = this.snapshotOfClients()
    this.eventsPerSock = eventsPerSock
    this.counts[Counter.collectionsMade]++
    const { wakeUp } = this.context
    if (wakeUp !== undefined) eventsPerSock.set(wakeUp, { requested: RECV, occurred: 0 })
    if (this.listenSock !== undefined && this.acceptPause.takeIsOver()) {
      eventsPerSock.set(this.listenSock, { requested: RECV, occurred: 0 })
    }
    for (const client of this.snapshot) {
      if (client.memory.closed) continue
      const selectRecv = client.session.shouldTryToRecv
      const selectSend = this.shouldTryToSend(client)
      if (!selectRecv && !selectSend) continue
      const requested = (selectSend ? SEND : 0) | (selectRecv ? RECV : 0)
      eventsPerSock.set(client.sock, { requested, occurred: 0 })
    }
  }

  socketHandler(): void {
    const { wakeUp } = this.context
    if (wakeUp !== undefined && occurred(this.eventsPerSock.get(wakeUp)) & RECV) wakeUp.drain()
    this.socketHandlerConnected()
    this.socketHandlerListening()
  }

  interrupt(): void {
    this.listenSock?.close()
    this.listenSock = undefined
    this.flow.interrupt()
  }
  get finished(): boolean {
    return this.clients.length === 0
  }

  close(): void {
    for (const client of this.clients) this.closeSocket(client)
    this.listenSock?.close()
  }

  /** Hands on the requests that may be handled now, and closes what is over. */
  private goOnWithClients(): void {
    for (const client of this.clients) {
      if (client.memory.closed) continue
      const then = this.flow.goOn(client, this.nowMs)
      if (then === 'close') this.closeSocket(client)
      else if (then === 'finish') client.sock.shutdown()
    }
  }

  private shouldTryToSend({ memory }: DirectHttpServedClient): boolean {
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
    for (const client of this.snapshot) {
      if (this.context.service.stopping && this.finished) return
      this.counts[Counter.lookups]++
      const events = occurred(eventsPerSock.get(client.sock))
      let recvSet = (events & RECV) !== 0
      if (events & SEND && this.sendAndHasLeft(client)) recvSet = false
      if (recvSet || events & ERR) this.receive(client)
    }
  }

  /** Sends before receiving: a client that is slow at reading its replies may wait with more requests. */
  private sendAndHasLeft(client: DirectHttpServedClient): boolean {
    const { sendMutex, sending } = client.memory
    sendMutex.lock()
    const bytesSent = client.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  private receive(client: DirectHttpServedClient): void {
    const { received, sockMutex } = client.memory
    const room = received.reserve()
    sockMutex.lock()
    const n = client.sock.recv(room)
    sockMutex.unlock()
    if (n > 0) this.flow.gotData(client, room.subarray(0, n))
    else if (n === 0) this.flow.gotEof(client)
    else if (!isTransient(-n)) this.closeSocket(client)
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
    if (this.clients.length >= MAX_HTTP_CONNECTIONS) {
      sock.close()
      return
    }
    sock.setSockOpt('TCP_NODELAY', 1)
    this.createClient(sock)
  }

  private createClient(sock: NetSock): void {
    const { nodesMutex } = this.context.service
    const slot = this.slots.take(this.nextClientId++, sock.fd)
    const session = new HttpSession(slot, this.nowMs)
    nodesMutex.lock()
    this.clients.push(new DirectHttpServedClient(session, sock))
    nodesMutex.unlock()
  }

  private bindAndStartListening(address: Address): void {
    const { network, report, options } = this.context
    const bytes = options.socketBufferBytes
    const sizes = { receiveBufferBytes: bytes, sendBufferBytes: bytes }
    const sock = listenOn(network, address, sizes)
    if (typeof sock === 'number') {
      report({ kind: 'listen-failed', address, errno: -sock })
      return
    }
    this.listenSock = sock
    const bound = sock.getsockname()
    report({ kind: 'listening', address: typeof bound === 'number' ? address : bound })
  }

  private snapshotOfClients(): DirectHttpServedClient[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.clients.slice()
    nodesMutex.unlock()
    return snapshot
  }

  /** A closed client is kept while a worker thread handles a request of it. */
  private disconnectClients(): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    if (this.clients.some(({ session }) => session.isGone)) {
      const gone = this.clients.filter(({ session }) => session.isGone)
      this.clients = this.clients.filter(client => !gone.includes(client))
      for (const { session } of gone) this.slots.release(session.slot)
    }
    nodesMutex.unlock()
  }

  private closeSocket({ memory, sock }: DirectHttpServedClient): void {
    memory.sockMutex.lock()
    if (!memory.closed) {
      memory.markClosed()
      sock.close()
    }
    memory.sockMutex.unlock()
  }
}

function occurred(events: Events | undefined): number {
  return events === undefined ? 0 : events.occurred
}
