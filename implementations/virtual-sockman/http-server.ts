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
import { type ConnectionId, SockMan } from './sockman.ts'

export function openVirtualHttp(context: SocketThreadContext<HttpOptions>): HttpServer {
  const server = new HttpServer(context, context.announce)
  server.openSocket(context)
  return server
}

export function openVirtualHttpWorker(
  context: HandlerThreadContext<HttpOptions>,
): HttpWorker<HttpClient> {
  const announce = () => {
    throw new Error('connections are opened by the socket thread')
  }
  return new HttpWorker(context, new HttpServer(context, announce))
}

/** A client without its socket, which SockMan has. */
interface HttpClient {
  readonly id: ConnectionId
  readonly memory: HttpConnectionMemory
}

/** On the socket thread. */
interface ServedClient extends HttpClient {
  readonly session: HttpSession
}

/**
 * An HTTP server as a consumer of SockMan: each event finds its client by id, under a mutex. All
 * threads have an instance; those of the worker threads never run the loop, and adopt a connection
 * when they first handle a request of it.
 */
class HttpServer extends SockMan<HttpConnectionMemory> implements WorkerReplier<HttpClient> {
  private readonly clients = new Map<ConnectionId, ServedClient>()
  private readonly slots: Slots
  private readonly flow: RequestFlow<ServedClient>
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean
  /** Read once per iteration. */
  private nowMs = performance.now()

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
    return this.clients.size === 0
  }

  protected override createMemory(id: ConnectionId, { fd }: NetSock): HttpConnectionMemory {
    const session = new HttpSession(this.slots.take(id, fd), this.nowMs)
    const { memory } = session
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.clients.set(id, { id, memory, session })
    nodesMutex.unlock()
    return memory
  }

  protected override eventNewConnectionAccepted(): boolean {
    return this.clients.size <= MAX_HTTP_CONNECTIONS
  }

  protected override eventReadyToSend(id: ConnectionId): boolean {
    const client = this.getClientById(id)
    if (client === undefined) return true
    const { sendMutex, sending } = client.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(client)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    // A client that is slow at reading its replies may wait with more requests.
    return bytesSent > 0 && dataLeft
  }

  protected override eventGotData(id: ConnectionId, data: Uint8Array): void {
    const client = this.getClientById(id)
    if (client !== undefined) this.flow.gotData(client, data)
  }

  protected override eventGotEOF(id: ConnectionId): void {
    const client = this.getClientById(id)
    if (client !== undefined) this.flow.gotEof(client)
  }

  protected override eventGotPermanentReadError(id: ConnectionId): void {
    this.closeConnection(id)
  }

  protected override shouldTryToSend(id: ConnectionId): boolean {
    if (this.alwaysAskToSend) return super.shouldTryToSend(id)
    const client = this.getClientById(id)
    if (client === undefined) return false
    const { sendMutex, sending } = client.memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(client.memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  protected override shouldTryToRecv(id: ConnectionId): boolean {
    return this.getClientById(id)?.session.shouldTryToRecv ?? false
  }

  protected override eventIOLoopCompletedForAll(): void {
    this.nowMs = performance.now()
    for (const client of this.clients.values()) {
      if (!client.memory.closed) this.goOnWith(client)
    }
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    for (const { id, session } of this.clients.values()) {
      if (!session.isGone) continue
      this.clients.delete(id)
      this.slots.release(session.slot)
    }
    nodesMutex.unlock()
  }

  /** Hands on the request that may be handled now, and closes what is over. */
  private goOnWith(client: ServedClient): void {
    const then = this.flow.goOn(client, this.nowMs)
    if (then === 'close') this.closeConnection(client.id)
    else if (then === 'finish') this.shutdownConnection(client.id)
  }

  // ---- worker threads ----

  /** By slot. */
  private readonly adopted: HttpClient[] = []

  clientOf(slotNumber: number, memory: HttpConnectionMemory): HttpClient {
    const { connectionId: id, fd } = memory
    const known = this.adopted[slotNumber]
    if (known?.id === id) return known
    if (known !== undefined) this.forgetConnection(known.id)
    this.adoptConnection(id, fd, memory)
    const client = { id, memory }
    this.adopted[slotNumber] = client
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
  private sendMessagesAsBytes({ id, memory }: HttpClient): number {
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

  private getClientById(id: ConnectionId): ServedClient | undefined {
    const { nodesMutex } = this.context.service
    this.counts[Counter.lookups]++
    nodesMutex.lock()
    const client = this.clients.get(id)
    nodesMutex.unlock()
    return client
  }
}
