import { HttpSession } from '../node/http/http-session.ts'
import { MAX_HTTP_CONNECTIONS } from '../node/http/limits.ts'
import { type OutgoingReply, queueReply } from '../node/http/queue-reply.ts'
import { RequestFlow } from '../node/http/request-flow.ts'
import { Slots } from '../node/http/slots.ts'
import { HttpWorker, type WorkerReplier } from '../node/http/worker.ts'
import { countLateSend } from '../node/late-wake-ups.ts'
import type { HttpOptions } from '../node/service-options.ts'
import type {
  HandlerThreadContext,
  NetSock,
  SocketThreadContext,
  ThreadContext,
} from '../node/thread-context.ts'
import { Counter } from '../threads/counters.ts'
import type { HttpConnectionMemory } from '../threads/http-connection-memory.ts'
import { Connection } from './connection.ts'
import { specialiseSockMan } from './specialise.ts'

export function openDevirtualizedHttp(context: SocketThreadContext<HttpOptions>): HttpServer {
  const server = new HttpServer(context, context.announce)
  server.openSocket(context)
  return server
}

export function openDevirtualizedHttpWorker(
  context: HandlerThreadContext<HttpOptions>,
): HttpWorker<HttpClient> {
  const announce = () => {
    throw new Error('connections are opened by the socket thread')
  }
  return new HttpWorker(context, new HttpServer(context, announce))
}

/** A client, which is its connection as well. */
class HttpClient extends Connection<HttpConnectionMemory> {}

/** On the socket thread. */
class ServedClient extends HttpClient {
  readonly session: HttpSession

  constructor(session: HttpSession, sock: NetSock) {
    super(sock, session.memory)
    this.session = session
  }
}

const SockMan = await specialiseSockMan('http')

/**
 * An HTTP server as the consumer that its SockMan is specialised for. All threads have an instance;
 * those of the worker threads never run the loop.
 */
class HttpServer extends SockMan<ServedClient> implements WorkerReplier<HttpClient> {
  private clients: ServedClient[] = []
  private readonly slots: Slots
  private readonly flow: RequestFlow<ServedClient>
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean
  /** Read once per iteration. */
  private nowMs = performance.now()
  private nextClientId = 0

  constructor(context: ThreadContext<HttpOptions>, announce: SocketThreadContext['announce']) {
    super(context)
    this.slots = new Slots(announce)
    this.flow = new RequestFlow<ServedClient>(context, this)
    this.optimistic = context.options.sendMode === 'optimistic'
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
  }

  // ---- socket thread ----

  openSocket({ options, report }: SocketThreadContext<HttpOptions>): void {
    const bound = this.bindAndStartListening(options.listen)
    if (typeof bound === 'number') {
      report({ kind: 'listen-failed', address: options.listen, errno: -bound })
    } else {
      report({ kind: 'listening', address: bound })
    }
  }

  override interrupt(): void {
    this.stopListening()
    this.flow.interrupt()
  }
  override get finished(): boolean {
    return this.clients.length === 0
  }

  override eventNewConnectionAccepted(sock: NetSock): ServedClient | undefined {
    if (this.clients.length >= MAX_HTTP_CONNECTIONS) return undefined
    const slot = this.slots.take(this.nextClientId++, sock.fd)
    const client = new ServedClient(new HttpSession(slot, this.nowMs), sock)
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.clients.push(client)
    nodesMutex.unlock()
    return client
  }

  override eventReadyToSend(client: ServedClient): boolean {
    const { sendMutex, sending } = client.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(client)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    // A client that is slow at reading its replies may wait with more requests.
    return bytesSent > 0 && dataLeft
  }

  override eventGotData(client: ServedClient, data: Uint8Array): void {
    this.flow.gotData(client, data)
  }

  override eventGotEOF(client: ServedClient): void {
    this.flow.gotEof(client)
  }

  override eventGotPermanentReadError(client: ServedClient): void {
    this.closeConnection(client)
  }

  override shouldTryToSend(client: ServedClient): boolean {
    if (this.alwaysAskToSend) return true
    const { sendMutex, sending } = client.memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(client.memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  override shouldTryToRecv(client: ServedClient): boolean {
    return client.session.shouldTryToRecv
  }

  override eventIOLoopCompletedForOne(): void {}

  override eventIOLoopCompletedForAll(): void {
    this.nowMs = performance.now()
    for (const client of this.clients) {
      if (!client.memory.closed) this.goOnWith(client)
    }
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    if (this.clients.some(({ session }) => session.isGone)) {
      const gone = this.clients.filter(({ session }) => session.isGone)
      this.clients = this.clients.filter(client => !gone.includes(client))
      for (const { session } of gone) this.slots.release(session.slot)
    }
    nodesMutex.unlock()
  }

  /** Hands on the request that may be handled now, and closes what is over. */
  private goOnWith(client: ServedClient): void {
    const then = this.flow.goOn(client, this.nowMs)
    if (then === 'close') this.closeConnection(client)
    else if (then === 'finish') client.sock.shutdown()
  }

  // ---- worker threads ----

  /** By slot, with the id of the connection. */
  private readonly known: { connectionId: number; client: HttpClient }[] = []

  clientOf(slotNumber: number, memory: HttpConnectionMemory): HttpClient {
    const { connectionId, fd } = memory
    const known = this.known[slotNumber]
    if (known?.connectionId === connectionId) return known.client
    const client = new HttpClient(this.context.network.attach(fd), memory)
    this.known[slotNumber] = { connectionId, client }
    return client
  }

  // ---- both ----

  reply(client: HttpClient, reply: OutgoingReply): void {
    const { memory } = client
    const { sendMutex, sending } = memory
    sendMutex.lock()
    const queueWasEmpty = sending.isEmpty
    if (queueReply(memory, reply)) this.counts[Counter.messagesSent]++
    else memory.requestDisconnect()
    memory.markAnswered()
    if (queueWasEmpty && this.optimistic) this.sendMessagesAsBytes(client)
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
  }

  /** Under `sendMutex`. @returns bytes sent */
  private sendMessagesAsBytes(client: HttpClient): number {
    const { memory } = client
    const { sending } = memory
    let bytesSent = 0
    while (!sending.isEmpty) {
      const pending = sending.pending()
      const n = this.sendBytes(client, pending, false)
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
}
