import { AcceptPause } from '../node/accept-pause.ts'
import { CONNECT_TIMEOUT_MS } from '../node/loop-constants.ts'
import type { SocketHandler } from '../node/socket-loop.ts'
import type { NetSock, ThreadContext } from '../node/thread-context.ts'
import { connectSock, listenOn } from '../sock/connect.ts'
import { isTransient } from '../sock/errno.ts'
import { type Address, ERR, type Events, type EventsPerSock, RECV, SEND } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import { type Connection, NOT_POLLED } from './connection.ts'

/**
 * The SockMan of one consumer: consumers import it through `specialiseSockMan`, never from here, so
 * that each has an instance of this module to itself, and the calls of its events in it have only ever
 * seen that consumer. Connections are handed over as objects; nothing is looked up. For the
 * rest it does what the virtual one does: a snapshot of the connections under `connectedMutex`, and a
 * new wait set, in each iteration.
 *
 * Each thread that uses connections has an instance; the one on the socket thread opens, closes
 * and polls, the others only send.
 */
export abstract class SockMan<C extends Connection> implements SocketHandler {
  protected readonly context: ThreadContext
  protected readonly counts: Float64Array
  private readonly bufferSizes: { receiveBufferBytes: number; sendBufferBytes: number }
  private readonly connections: C[] = []
  private readonly listening = new Map<NetSock, Events>()
  private readonly acceptPause = new AcceptPause()
  /** Of this iteration. */
  private snapshot: readonly C[] = []
  private readonly wakeUpEvents: Events = { requested: RECV, occurred: 0 }

  constructor(context: ThreadContext) {
    this.context = context
    this.counts = context.counters.counts
    const bytes = context.options.socketBufferBytes
    this.bufferSizes = { receiveBufferBytes: bytes, sendBufferBytes: bytes }
  }

  // ---- what a consumer implements; the same events as the virtual SockMan's ----

  /** Makes the consumer's connection around an accepted socket, or undefined to refuse it. */
  abstract eventNewConnectionAccepted(sock: NetSock): C | undefined
  /** @returns true to leave out the next receive (`cancel_recv`) */
  abstract eventReadyToSend(connection: C): boolean
  abstract eventGotData(connection: C, data: Uint8Array): void
  abstract eventGotEOF(connection: C): void
  abstract eventGotPermanentReadError(connection: C, errno: number): void
  abstract shouldTryToSend(connection: C): boolean
  abstract shouldTryToRecv(connection: C): boolean
  abstract eventIOLoopCompletedForOne(connection: C): void
  abstract eventIOLoopCompletedForAll(): void

  // ---- what the consumer calls ----

  /** @returns the address that was bound, or `-errno` */
  bindAndStartListening(to: Address): Address | number {
    const sock = listenOn(this.context.network, to, this.bufferSizes)
    if (typeof sock === 'number') return sock
    this.listening.set(sock, { requested: RECV, occurred: 0 })
    return sock.getsockname()
  }

  /** @returns the connection that `make` made around the new socket, or `-errno` */
  connect(to: Address, make: (sock: NetSock) => C): C | number {
    const sock = this.connectSock(to, CONNECT_TIMEOUT_MS)
    if (typeof sock === 'number') return sock
    const connection = make(sock)
    this.insert(connection)
    return connection
  }

  /** For a connection that another thread is to poll, and adopts. @returns a socket, or `-errno` */
  connectSock(to: Address, timeoutMs: number): NetSock | number {
    return connectSock(this.context.network, to, timeoutMs, this.bufferSizes)
  }

  /** A connection that another thread has opened. */
  adoptConnection(connection: C): void {
    this.insert(connection)
  }

  /**
   * Tries to send. @returns the bytes sent, 0 when none could be sent now or the connection is
   * closed, or `-errno` for a permanent error
   */
  sendBytes(connection: Connection, data: Uint8Array, willSendMore: boolean): number {
    const { memory, sock } = connection
    memory.sockMutex.lock()
    const n = memory.closed ? 0 : sock.send(data, willSendMore)
    memory.sockMutex.unlock()
    return n < 0 && isTransient(-n) ? 0 : n
  }

  closeConnection(connection: C): void {
    const { memory, sock } = connection
    const { connectedMutex } = this.context.service
    connectedMutex.lock()
    const at = this.connections.indexOf(connection)
    if (at >= 0) this.connections.splice(at, 1)
    connectedMutex.unlock()
    if (at < 0) return
    memory.sockMutex.lock()
    memory.markClosed()
    sock.close()
    memory.sockMutex.unlock()
  }

  // ---- the loop ----

  generateWaitSockets(eventsPerSock: EventsPerSock): void {
    this.eventIOLoopCompletedForAll()
    this.snapshot = this.snapshotOfConnections()
    this.counts[Counter.collectionsMade]++
    const { wakeUp } = this.context
    if (wakeUp !== undefined) eventsPerSock.set(wakeUp, this.wakeUpEvents)
    for (const [sock, events] of this.listening) {
      events.occurred = 0
      if (this.acceptPause.takeIsOver()) eventsPerSock.set(sock, events)
    }
    for (const connection of this.snapshot) {
      const selectRecv = this.shouldTryToRecv(connection)
      const selectSend = this.shouldTryToSend(connection)
      if (!selectRecv && !selectSend) {
        connection.events = NOT_POLLED
        continue
      }
      const requested = (selectSend ? SEND : 0) | (selectRecv ? RECV : 0)
      connection.events = { requested, occurred: 0 }
      eventsPerSock.set(connection.sock, connection.events)
    }
  }

  socketHandler(): void {
    const { wakeUp } = this.context
    if (wakeUp !== undefined && this.wakeUpEvents.occurred & RECV) wakeUp.drain()
    this.socketHandlerConnected(this.snapshot)
    this.socketHandlerListening()
  }

  /** The subject is stopping: a consumer that has something to finish overrides these two. */
  interrupt(): void {}
  get finished(): boolean {
    return true
  }

  close(): void {
    for (const connection of this.snapshotOfConnections()) this.closeConnection(connection)
    this.stopListening()
  }

  protected stopListening(): void {
    for (const sock of this.listening.keys()) sock.close()
    this.listening.clear()
  }

  private snapshotOfConnections(): C[] {
    const { connectedMutex } = this.context.service
    connectedMutex.lock()
    const snapshot = this.connections.slice()
    connectedMutex.unlock()
    return snapshot
  }

  private insert(connection: C): void {
    const { connectedMutex } = this.context.service
    connectedMutex.lock()
    this.connections.push(connection)
    connectedMutex.unlock()
  }

  private socketHandlerConnected(connections: readonly C[]): void {
    for (const connection of connections) {
      if (this.context.service.stopping && this.finished) return
      const { requested, occurred } = connection.events
      if (requested === 0) continue
      let recvReady = (occurred & RECV) !== 0
      if (occurred & SEND && this.eventReadyToSend(connection)) recvReady = false
      if ((recvReady || occurred & ERR) && !connection.memory.closed) this.receive(connection)
      this.eventIOLoopCompletedForOne(connection)
    }
  }

  private receive(connection: C): void {
    const { memory, sock } = connection
    const room = memory.received.reserve()
    if (room.length === 0) return
    memory.sockMutex.lock()
    const n = sock.recv(room)
    memory.sockMutex.unlock()
    if (n > 0) this.eventGotData(connection, room.subarray(0, n))
    else if (n === 0) this.eventGotEOF(connection)
    else if (!isTransient(-n)) this.eventGotPermanentReadError(connection, -n)
  }

  private socketHandlerListening(): void {
    for (const [listenSock, events] of this.listening) {
      if (!(events.occurred & RECV)) continue
      const accepted = listenSock.accept()
      if (typeof accepted === 'number') {
        this.acceptPause.failed(-accepted, this.counts)
        continue
      }
      const { sock } = accepted
      sock.setSockOpt('TCP_NODELAY', 1)
      const connection = this.eventNewConnectionAccepted(sock)
      if (connection === undefined) sock.close()
      else this.insert(connection)
    }
  }
}
