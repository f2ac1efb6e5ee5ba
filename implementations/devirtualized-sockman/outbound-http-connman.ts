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
import { Connection } from './connection.ts'
import { specialiseSockMan } from './specialise.ts'

export function openDevirtualizedRequester(
  context: SocketThreadContext<OutboundHttpOptions>,
): RequesterConnman {
  const connman = new RequesterConnman(context)
  connman.takeHandedOver = context.takeHandedOver
  return connman
}

export function openDevirtualizedWallet(
  context: HandlerThreadContext<OutboundHttpOptions>,
): Wallet<ServerSock> {
  const connman = new RequesterConnman(context)
  connman.handOver = context.handOver
  return new Wallet(context, connman)
}

/** A connection to an HTTP server. */
class ServerSock extends Connection<OutboundHttpMemory> implements ServerConnection {}

/** On the socket thread. */
class PolledServerSock extends ServerSock {
  readonly receiver: ReplyReceiver

  constructor(sock: NetSock, receiver: ReplyReceiver) {
    super(sock, receiver.memory)
    this.receiver = receiver
  }
}

const SockMan = await specialiseSockMan('outbound-http')

/**
 * An HTTP client as the consumer that its SockMan is specialised for. Both threads have an instance.
 * The wallet's opens the connections; it never runs the loop.
 */
class RequesterConnman extends SockMan<PolledServerSock> implements WalletConnman<ServerSock> {
  private readonly options: OutboundHttpOptions
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean
  private readonly receivers: ReplyReceivers
  private readonly pool: MemoryPool
  /** None on the wallet's thread. */
  private readonly polled: PolledServerSock[] = []
  private nextConnectionId = 0

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

  override eventNewConnectionAccepted(): undefined {
    return undefined // nothing listens
  }

  override eventReadyToSend(connection: PolledServerSock): boolean {
    const { sendMutex, sending } = connection.memory
    sendMutex.lock()
    const bytesSent = this.sendMessagesAsBytes(connection)
    const dataLeft = !sending.isEmpty
    sendMutex.unlock()
    return bytesSent > 0 && dataLeft
  }

  override eventGotData(connection: PolledServerSock, data: Uint8Array): void {
    this.counts[Counter.bytesReceived] += data.length
    const received = connection.receiver.gotData(data)
    if (received === 'more') return
    if (received === 'over') this.dropConnection(connection)
    else if (this.context.service.handlerWakeUp.wake()) this.counts[Counter.handlerWakeUps]++
  }

  override eventGotEOF(connection: PolledServerSock): void {
    connection.receiver.gotEof()
    this.dropConnection(connection)
  }

  override eventGotPermanentReadError(connection: PolledServerSock, errno: number): void {
    connection.receiver.gotError(errno)
    this.dropConnection(connection)
  }

  override shouldTryToSend({ memory }: PolledServerSock): boolean {
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
    for (const opened of this.takeHandedOver()) this.addConnection(opened)
    for (const connection of this.disconnected()) {
      connection.receiver.gaveUp()
      this.dropConnection(connection)
    }
  }

  override close(): void {
    for (const connection of this.polled.slice()) this.dropConnection(connection)
    super.close()
  }

  private addConnection(opened: OpenedConnection): void {
    const receiver = this.receivers.take(opened)
    if (!takeUp(receiver.memory, this.counts)) return
    const connection = new PolledServerSock(this.context.network.attach(opened.fd), receiver)
    this.adoptConnection(connection)
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.polled.push(connection)
    nodesMutex.unlock()
  }

  private disconnected(): PolledServerSock[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const gone = this.polled.filter(({ memory }) => memory.disconnectRequested)
    nodesMutex.unlock()
    return gone
  }

  /** The wallet sees `closed`, closes the descriptor, and uses the memory for another connection. */
  private dropConnection(connection: PolledServerSock): void {
    const at = this.polled.indexOf(connection)
    if (at < 0) return
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.polled.splice(at, 1)
    nodesMutex.unlock()
    this.closeConnection(connection)
    this.context.service.handlerWakeUp.wake()
  }

  // ---- wallet's thread ----

  handOver: HandlerThreadContext['handOver'] = () => {
    throw new Error("connections are opened by the wallet's thread")
  }

  openConnection(timeoutMs: number): ServerSock | number {
    const sock = this.connectSock(this.options.target, timeoutMs)
    if (typeof sock === 'number') return sock
    const memory = this.pool.take(this.nextConnectionId++, sock.fd)
    this.handOver(asOpened(memory))
    return new ServerSock(sock, memory)
  }

  sendRequest(connection: ServerSock, request: Uint8Array): void {
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

  removeConnection({ sock, memory }: ServerSock): void {
    sock.close()
    this.pool.release(memory)
  }

  // ---- both ----

  /** Sends what is queued, or a part; under `sendMutex`. @returns bytes sent */
  private sendMessagesAsBytes(connection: ServerSock): number {
    const { memory } = connection
    const { sending } = memory
    let bytesSent = 0
    while (!sending.isEmpty) {
      const pending = sending.pending()
      const n = this.sendBytes(connection, pending, false)
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
