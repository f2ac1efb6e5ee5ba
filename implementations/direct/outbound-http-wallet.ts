import { asOpened, MemoryPool } from '../node/outbound-http/memory-pool.ts'
import { queueRequest } from '../node/outbound-http/queue-request.ts'
import { Wallet, type WalletConnman } from '../node/outbound-http/wallet.ts'
import type { OutboundHttpOptions } from '../node/service-options.ts'
import type { HandlerThreadContext } from '../node/thread-context.ts'
import { connectSock } from '../sock/connect.ts'
import { Counter } from '../threads/counters.ts'
import { DirectServerConnection } from './outbound-http-connection.ts'

export function openDirectWallet(
  context: HandlerThreadContext<OutboundHttpOptions>,
): Wallet<DirectServerConnection> {
  return new Wallet(context, new DirectWalletConnman(context))
}

/** The wallet's half: a connection sends on its own socket. */
class DirectWalletConnman implements WalletConnman<DirectServerConnection> {
  private readonly context: HandlerThreadContext<OutboundHttpOptions>
  private readonly counts: Float64Array
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean
  private readonly pool: MemoryPool
  private nextConnectionId = 0

  constructor(context: HandlerThreadContext<OutboundHttpOptions>) {
    this.context = context
    this.counts = context.counters.counts
    this.optimistic = context.options.sendMode === 'optimistic'
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
    this.pool = new MemoryPool(context.options)
  }

  openConnection(timeoutMs: number): DirectServerConnection | number {
    const { network, options, handOver } = this.context
    const { target, socketBufferBytes } = options
    const sock = connectSock(network, target, timeoutMs, {
      receiveBufferBytes: socketBufferBytes,
      sendBufferBytes: socketBufferBytes,
    })
    if (typeof sock === 'number') return sock
    const memory = this.pool.take(this.nextConnectionId++, sock.fd)
    handOver(asOpened(memory))
    return new DirectServerConnection(memory, sock)
  }

  sendRequest(connection: DirectServerConnection, request: Uint8Array): void {
    const { sendMutex, sending } = connection.memory
    sendMutex.lock()
    queueRequest(sending, request)
    this.counts[Counter.messagesSent]++
    if (this.optimistic) connection.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
  }

  removeConnection({ memory, sock }: DirectServerConnection): void {
    sock.close()
    this.pool.release(memory)
  }
}
