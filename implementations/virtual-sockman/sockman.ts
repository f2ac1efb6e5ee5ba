import { AcceptPause } from '../node/accept-pause.ts'
import { CONNECT_TIMEOUT_MS } from '../node/loop-constants.ts'
import type { SocketHandler } from '../node/socket-loop.ts'
import type { NetSock, ThreadContext } from '../node/thread-context.ts'
import { connectSock, listenOn } from '../sock/connect.ts'
import { isTransient } from '../sock/errno.ts'
import { type Address, ERR, type EventsPerSock, RECV, SEND, type Waitable } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import type { ReceivingMemory } from '../threads/socket-memory.ts'

/** Each connection is assigned an id of this type, unique within a SockMan and never used again. */
export type ConnectionId = number

/** What SockMan keeps per connection (`SockMan::ConnectionSockets`). */
interface ConnectionSockets<M> {
  readonly sock: NetSock
  readonly memory: M
}

/** Of one iteration: what was polled for, and which connections' sockets those are. */
interface IoReadiness {
  eventsPerSock: EventsPerSock
  idsPerSock: Map<Waitable, ConnectionId>
}

/**
 * A socket manager (Core's `SockMan`, #30988): owns the sockets and the loop, and knows no
 * protocol. To use it, inherit and implement its events; connections are told apart by id alone.
 *
 * Each thread that uses connections has an instance. The one on the socket thread polls; what one
 * thread opens, the others learn of (`adoptConnection`). `connected` is one map in C++ and a replica
 * per thread here; its mutex is the same one, in shared memory.
 */
export abstract class SockMan<M extends ReceivingMemory> implements SocketHandler {
  protected readonly context: ThreadContext
  protected readonly counts: Float64Array
  private readonly bufferSizes: { receiveBufferBytes: number; sendBufferBytes: number }
  private readonly connected = new Map<ConnectionId, ConnectionSockets<M>>()
  private readonly listening: NetSock[] = []
  private readonly acceptPause = new AcceptPause()
  private readiness: IoReadiness = { eventsPerSock: new Map(), idsPerSock: new Map() }
  private nextId = 0

  constructor(context: ThreadContext) {
    this.context = context
    this.counts = context.counters.counts
    const bytes = context.options.socketBufferBytes
    this.bufferSizes = { receiveBufferBytes: bytes, sendBufferBytes: bytes }
  }

  // ---- events, implemented by the consumer ----

  /** The memory of a connection that was just opened. */
  protected abstract createMemory(id: ConnectionId, sock: NetSock): M

  /** A connection was accepted. @returns false to refuse it; then it is closed and the id is void */
  protected abstract eventNewConnectionAccepted(id: ConnectionId): boolean

  /**
   * The socket can send and `shouldTryToSend` had said true: serialise and call `sendBytes`.
   * @returns true to leave out the next receive (`cancel_recv`)
   */
  protected abstract eventReadyToSend(id: ConnectionId): boolean

  /** Data was received, into the connection's receive memory. */
  protected abstract eventGotData(id: ConnectionId, data: Uint8Array): void

  /** The peer sends no more; it may receive still. */
  protected abstract eventGotEOF(id: ConnectionId): void

  protected abstract eventGotPermanentReadError(id: ConnectionId, errno: number): void

  /** Whether to poll for SEND. The default asks always, and so turns the loop into a spin. */
  protected shouldTryToSend(_id: ConnectionId): boolean {
    return true
  }

  /** Whether to poll for RECV. */
  protected shouldTryToRecv(_id: ConnectionId): boolean {
    return true
  }

  /** Sends and receives of this iteration are done for one connection. */
  protected eventIOLoopCompletedForOne(_id: ConnectionId): void {}

  /** Sends and receives of this iteration are done for all connections. */
  protected eventIOLoopCompletedForAll(): void {}

  // ---- what the consumer calls ----

  /** @returns the address that was bound, or `-errno` */
  bindAndStartListening(to: Address): Address | number {
    const sock = listenOn(this.context.network, to, this.bufferSizes)
    if (typeof sock === 'number') return sock
    this.listening.push(sock)
    return sock.getsockname()
  }

  /** @returns the new connection's id, or `-errno` */
  connectAndMakeId(
    to: Address,
    timeoutMs: number = CONNECT_TIMEOUT_MS,
  ): { id: ConnectionId } | number {
    const sock = connectSock(this.context.network, to, timeoutMs, this.bufferSizes)
    return typeof sock === 'number' ? sock : { id: this.addSock(sock) }
  }

  /**
   * Tries to send. @returns the bytes sent, 0 when none could be sent now or the connection is
   * gone, or `-errno` for a permanent error
   */
  sendBytes(id: ConnectionId, data: Uint8Array, willSendMore: boolean): number {
    const sockets = this.getConnectionSockets(id)
    if (sockets === undefined) return 0
    const { sockMutex } = sockets.memory
    sockMutex.lock()
    const n = sockets.memory.closed ? 0 : sockets.sock.send(data, willSendMore)
    sockMutex.unlock()
    return n < 0 && isTransient(-n) ? 0 : n
  }

  /** Half-close: the peer sees our end of file, and is received from still. */
  shutdownConnection(id: ConnectionId): void {
    this.getConnectionSockets(id)?.sock.shutdown()
  }

  /** @returns whether the connection existed and its socket was closed by this call */
  closeConnection(id: ConnectionId): boolean {
    const { connectedMutex } = this.context.service
    connectedMutex.lock()
    const sockets = this.connected.get(id)
    this.connected.delete(id)
    connectedMutex.unlock()
    if (sockets === undefined) return false
    const { memory, sock } = sockets
    memory.sockMutex.lock()
    memory.markClosed()
    sock.close()
    memory.sockMutex.unlock()
    return true
  }

  /** A connection that another thread has opened. */
  adoptConnection(id: ConnectionId, fd: number, memory: M): void {
    const { network, service } = this.context
    service.connectedMutex.lock()
    this.connected.set(id, { sock: network.attach(fd), memory })
    service.connectedMutex.unlock()
  }

  /** The thread that has opened the connection has closed it. */
  forgetConnection(id: ConnectionId): void {
    const { connectedMutex } = this.context.service
    connectedMutex.lock()
    this.connected.delete(id)
    connectedMutex.unlock()
  }

  /** What another thread needs to use a connection; throws for an id that is not connected. */
  connectionToShare(id: ConnectionId): { fd: number; memory: M } {
    const sockets = this.connected.get(id)
    if (sockets === undefined) throw new Error(`connection ${id} is not connected`)
    return { fd: sockets.sock.fd, memory: sockets.memory }
  }

  // ---- the loop ----

  generateWaitSockets(eventsPerSock: EventsPerSock): void {
    this.eventIOLoopCompletedForAll()
    const idsPerSock = new Map<Waitable, ConnectionId>()
    this.readiness = { eventsPerSock, idsPerSock }
    this.counts[Counter.collectionsMade] += 2
    const { service, wakeUp } = this.context
    if (wakeUp !== undefined) eventsPerSock.set(wakeUp, { requested: RECV, occurred: 0 })
    if (this.acceptPause.takeIsOver()) {
      for (const sock of this.listening) eventsPerSock.set(sock, { requested: RECV, occurred: 0 })
    }
    service.connectedMutex.lock()
    const snapshot = new Map(this.connected)
    service.connectedMutex.unlock()
    for (const [id, { sock }] of snapshot) {
      const selectRecv = this.shouldTryToRecv(id)
      const selectSend = this.shouldTryToSend(id)
      if (!selectRecv && !selectSend) continue
      const requested = (selectSend ? SEND : 0) | (selectRecv ? RECV : 0)
      eventsPerSock.set(sock, { requested, occurred: 0 })
      idsPerSock.set(sock, id)
    }
  }

  socketHandler(): void {
    const { eventsPerSock } = this.readiness
    const { wakeUp } = this.context
    if (wakeUp !== undefined && hasOccurred(eventsPerSock, wakeUp)) wakeUp.drain()
    this.socketHandlerConnected(this.readiness)
    this.socketHandlerListening(eventsPerSock)
  }

  /** The subject is stopping: a consumer that has something to finish overrides these two. */
  interrupt(): void {}
  get finished(): boolean {
    return true
  }

  close(): void {
    for (const id of this.connected.keys()) this.closeConnection(id)
    this.stopListening()
  }

  protected stopListening(): void {
    for (const sock of this.listening.splice(0)) sock.close()
  }

  private socketHandlerConnected({ eventsPerSock, idsPerSock }: IoReadiness): void {
    for (const [sock, id] of idsPerSock) {
      if (this.context.service.stopping && this.finished) return
      this.counts[Counter.lookups]++
      const occurred = eventsPerSock.get(sock)?.occurred ?? 0
      let recvReady = (occurred & RECV) !== 0
      if (occurred & SEND && this.eventReadyToSend(id)) recvReady = false
      if (recvReady || occurred & ERR) {
        const sockets = this.getConnectionSockets(id)
        if (sockets === undefined) continue
        this.receive(id, sockets)
      }
      this.eventIOLoopCompletedForOne(id)
    }
  }

  private receive(id: ConnectionId, { sock, memory }: ConnectionSockets<M>): void {
    const room = memory.received.reserve()
    if (room.length === 0) return
    memory.sockMutex.lock()
    const n = sock.recv(room)
    memory.sockMutex.unlock()
    if (n > 0) this.eventGotData(id, room.subarray(0, n))
    else if (n === 0) this.eventGotEOF(id)
    else if (!isTransient(-n)) this.eventGotPermanentReadError(id, -n)
  }

  private socketHandlerListening(eventsPerSock: EventsPerSock): void {
    for (const listenSock of this.listening) {
      if (!hasOccurred(eventsPerSock, listenSock)) continue
      const accepted = listenSock.accept()
      if (typeof accepted === 'number') {
        this.acceptPause.failed(-accepted, this.counts)
        continue
      }
      accepted.sock.setSockOpt('TCP_NODELAY', 1)
      const id = this.addSock(accepted.sock)
      if (!this.eventNewConnectionAccepted(id)) this.closeConnection(id)
    }
  }

  private addSock(sock: NetSock): ConnectionId {
    const id = this.nextId++
    const sockets = { sock, memory: this.createMemory(id, sock) }
    const { connectedMutex } = this.context.service
    connectedMutex.lock()
    this.connected.set(id, sockets)
    connectedMutex.unlock()
    return id
  }

  private getConnectionSockets(id: ConnectionId): ConnectionSockets<M> | undefined {
    const { connectedMutex } = this.context.service
    this.counts[Counter.lookups]++
    connectedMutex.lock()
    const sockets = this.connected.get(id)
    connectedMutex.unlock()
    return sockets
  }
}

function hasOccurred(eventsPerSock: EventsPerSock, sock: Waitable): boolean {
  const events = eventsPerSock.get(sock)
  return events !== undefined && (events.occurred & RECV) !== 0
}
