import { countLateSend } from '../node/late-wake-ups.ts'
import { asOpened, MemoryPool } from '../node/outbound-http/memory-pool.ts'
import { queueRequest } from '../node/outbound-http/queue-request.ts'
import { type ReplyReceiver, ReplyReceivers } from '../node/outbound-http/reply-receiver.ts'
import { takeUp } from '../node/outbound-http/take-up.ts'
import { type ServerConnection, Wallet, type WalletConnman } from '../node/outbound-http/wallet.ts'
import type { OutboundHttpOptions } from '../node/service-options.ts'
import type {
  HandlerThreadContext,
  NetSock,
  OpenedConnection,
  SocketThreadContext,
  ThreadContext,
} from '../node/thread-context.ts'
import { Counter } from '../threads/counters.ts'
import type { OutboundHttpMemory } from '../threads/outbound-http-memory.ts'
import { type ConnectionId, SockMan } from './sockman.ts'

export function openVirtualRequester(
  context: SocketThreadContext<OutboundHttpOptions>,
): RequesterConnman {
  const connman = new RequesterConnman(context)
  connman.takeHandedOver = context.takeHandedOver
  return connman
}

export function openVirtualWallet(
  context: HandlerThreadContext<OutboundHttpOptions>,
): Wallet<IdConnection> {
  const connman = new RequesterConnman(context)
  connman.handOver = context.handOver
  return new Wallet(context, connman)
}

/** A connection to an HTTP server without its socket, which SockMan has. */
interface IdConnection extends ServerConnection {
  readonly id: ConnectionId
}

/** On the socket thread. */
interface PolledConnection extends IdConnection {
  readonly receiver: ReplyReceiver
}

/**
 * An HTTP client as a consumer of SockMan: each event finds its connection by id, under `nodesMutex`.
 * Both threads have an instance. The wallet's opens the connections and makes their ids; it never runs
 * the loop.
 */
class RequesterConnman extends SockMan<OutboundHttpMemory> implements WalletConnman<IdConnection> {
  private readonly options: OutboundHttpOptions
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean
  private readonly receivers: ReplyReceivers
  private readonly pool: MemoryPool
  /** Those that are polled; none on the wallet's thread. */
  private readonly connections = new Map<ConnectionId, PolledConnection>()

  constructor(context: ThreadContext<OutboundHttpOptions>) {
    super(context)
    this.options = context.options
    this.optimistic = this.options.sendMode === 'optimistic'
    this.alwaysAskToSend = this.options.sendMode === 'pollout'
    this.receivers = new ReplyReceivers(this.options, this.counts)
    this.pool = new MemoryPool(this.options)
  }

  // ---- socket thread ----

  takeHandedOver: SocketThreadContext['takeHandedOver'] = () => {
    throw new Error('connections are polled by the socket thread')
  }

  protected override eventNewConnectionAccepted(): boolean {
    return false // nothing listens
  }

  protected override eventReadyToSend(id: ConnectionId): boolean {
    const connection = this.getConnectionById(id)
    if (connection === undefined) return true
    const { sendMutex, sending } = connection.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(connection)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  protected override eventGotData(id: ConnectionId, data: Uint8Array): void {
    const connection = this.getConnectionById(id)
    if (connection === undefined) return
    this.counts[Counter.bytesReceived] += data.length
    const received = connection.receiver.gotData(data)
    if (received === 'more') return
    if (received === 'over') this.dropConnection(connection)
    else if (this.context.service.handlerWakeUp.wake()) this.counts[Counter.handlerWakeUps]++
  }

  protected override eventGotEOF(id: ConnectionId): void {
    const connection = this.getConnectionById(id)
    if (connection === undefined) return
    connection.receiver.gotEof()
    this.dropConnection(connection)
  }

  protected override eventGotPermanentReadError(id: ConnectionId, errno: number): void {
    const connection = this.getConnectionById(id)
    if (connection === undefined) return
    connection.receiver.gotError(errno)
    this.dropConnection(connection)
  }

  protected override shouldTryToSend(id: ConnectionId): boolean {
    if (this.alwaysAskToSend) return super.shouldTryToSend(id)
    const connection = this.getConnectionById(id)
    if (connection === undefined) return false
    const { sendMutex, sending } = connection.memory
    sendMutex.lock()
    const hasBytesToSend = !sending.isEmpty
    if (hasBytesToSend) countLateSend(connection.memory, this.counts)
    sendMutex.unlock()
    return hasBytesToSend
  }

  protected override eventIOLoopCompletedForAll(): void {
    for (const opened of this.takeHandedOver()) this.addConnection(opened)
    for (const connection of this.disconnected()) {
      connection.receiver.gaveUp()
      this.dropConnection(connection)
    }
  }

  override close(): void {
    for (const connection of this.connections.values()) this.dropConnection(connection)
    super.close()
  }

  private addConnection(opened: OpenedConnection): void {
    const receiver = this.receivers.take(opened)
    const { memory } = receiver
    if (!takeUp(memory, this.counts)) return
    const id = memory.connectionId
    this.adoptConnection(id, opened.fd, memory)
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.connections.set(id, { id, memory, receiver })
    nodesMutex.unlock()
  }

  private disconnected(): PolledConnection[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const gone = [...this.connections.values()].filter(({ memory }) => memory.disconnectRequested)
    nodesMutex.unlock()
    return gone
  }

  /** The wallet sees `closed`, closes the descriptor, and uses the memory for another connection. */
  private dropConnection({ id }: PolledConnection): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.connections.delete(id)
    nodesMutex.unlock()
    this.closeConnection(id)
    this.context.service.handlerWakeUp.wake()
  }

  private getConnectionById(id: ConnectionId): PolledConnection | undefined {
    const { nodesMutex } = this.context.service
    this.counts[Counter.lookups]++
    nodesMutex.lock()
    const connection = this.connections.get(id)
    nodesMutex.unlock()
    return connection
  }

  // ---- wallet's thread ----

  handOver: HandlerThreadContext['handOver'] = () => {
    throw new Error("connections are opened by the wallet's thread")
  }

  protected override createMemory(id: ConnectionId, sock: NetSock): OutboundHttpMemory {
    return this.pool.take(id, sock.fd)
  }

  openConnection(timeoutMs: number): IdConnection | number {
    const connected = this.connectAndMakeId(this.options.target, timeoutMs)
    if (typeof connected === 'number') return connected
    const { id } = connected
    const { memory } = this.connectionToShare(id)
    this.handOver(asOpened(memory))
    return { id, memory }
  }

  sendRequest(connection: IdConnection, request: Uint8Array): void {
    const { sendMutex, sending } = connection.memory
    sendMutex.lock()
    queueRequest(sending, request)
    this.counts[Counter.messagesSent]++
    if (this.optimistic) this.sendMessagesAsBytes(connection)
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
  }

  removeConnection({ id, memory }: IdConnection): void {
    this.closeConnection(id)
    this.pool.release(memory)
  }

  // ---- both ----

  /** Sends what is queued, or a part; under `sendMutex`. @returns bytes sent */
  private sendMessagesAsBytes({ id, memory }: IdConnection): number {
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
}
