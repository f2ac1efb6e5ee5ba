import type { SocketHandler } from '../../implementations/node/socket-loop.ts'
import type { SocketThreadContext } from '../../implementations/node/thread-context.ts'
import { EAGAIN, ECONNRESET, errnoName } from '../../implementations/sock/errno.ts'
import {
  type Address,
  ERR,
  RECV,
  SEND,
  type SockOpt,
  type Waitable,
  type WakeUpFd,
} from '../../implementations/sock/sock.ts'
import type { ReceivingMemory } from '../../implementations/threads/socket-memory.ts'
import { type ConnectionId, SockMan } from '../../implementations/virtual-sockman/sockman.ts'
import { type ConnectionFaults, type Fault, isTemporary, noFaults } from './faults.ts'
import type { FarNetwork, FarSock } from './simulated-peer.ts'
import type { SimulatedNetwork } from './simulated-service.ts'
import { replace, type SimulatedTime } from './simulated-time.ts'

/** What SockMan calls of its consumer. */
interface Consumer extends SocketHandler {
  createMemory(id: ConnectionId, sock: { fd: number }): ReceivingMemory
  eventNewConnectionAccepted(id: ConnectionId): boolean
  eventReadyToSend(id: ConnectionId): boolean
  eventGotData(id: ConnectionId, data: Uint8Array): void
  eventGotEOF(id: ConnectionId): void
  eventGotPermanentReadError(id: ConnectionId, errno: number): void
  shouldTryToSend(id: ConnectionId): boolean
  shouldTryToRecv(id: ConnectionId): boolean
  eventIOLoopCompletedForOne(id: ConnectionId): void
  eventIOLoopCompletedForAll(): void
}

interface Connection {
  readonly far: PlayedEnd
  readonly memory: ReceivingMemory
}

/**
 * In the place of `SockMan`: gives a consumer its events with no socket, no poll and no accept behind it.
 *
 * A consumer inherits SockMan and calls it as `this`, so it cannot be handed another: while one is played,
 * what SockMan does for consumers is replaced for the whole process. (In #30988 these are no virtual
 * functions: in C++ they could be replaced only at link time.)
 */
export class PlayedSockMan implements SimulatedNetwork {
  readonly violations: string[] = []
  readonly injected = new Map<string, number>()
  readonly calls = new Map<string, string[]>()
  moment = 0
  occurred = 0
  /** Where peers connect. */
  readonly far: FarNetwork = { createSock: () => new PlayedEnd(this.pipeBytes, this.arriving) }
  private readonly time: SimulatedTime
  private readonly pipeBytes: number
  private readonly faultsOf: (connection: number) => ConnectionFaults
  private readonly connections = new Map<ConnectionId, Connection>()
  private readonly arriving: PlayedEnd[] = []
  /** Of every connection there was, by id. */
  private readonly ends: PlayedEnd[] = []
  private isListening = false

  /**
   * @param pipeBytes what fits into each direction of a connection
   * @param faultsOf of the connection that is opened as the one of this number, from 0
   */
  constructor(
    time: SimulatedTime,
    pipeBytes: number,
    faultsOf: (connection: number) => ConnectionFaults,
  ) {
    this.time = time
    this.pipeBytes = pipeBytes
    this.faultsOf = faultsOf
  }

  /** Every SockMan is this one, as long as `run` takes. */
  during<T>(run: () => T): T {
    const played: Record<string, unknown> = {
      bindAndStartListening: (to: Address) => {
        this.isListening = true
        return to
      },
      stopListening: () => {
        this.isListening = false
      },
      sendBytes: (id: ConnectionId, data: Uint8Array) => this.sendBytes(id, data),
      shutdownConnection: (id: ConnectionId) =>
        this.demand(id, 'shutdownConnection')?.far.end('half-closed'),
      closeConnection: (id: ConnectionId) => this.closeConnection(id),
      connectionToShare: (id: ConnectionId) => ({
        fd: id,
        memory: this.demand(id, 'connectionToShare')?.memory,
      }),
      adoptConnection: () => {},
      forgetConnection: () => {},
      close: () => {
        for (const id of this.connections.keys()) this.closeConnection(id)
        this.isListening = false
      },
    }
    const restorers = Object.entries(played).map(([name, value]) =>
      replace(SockMan.prototype, name, value),
    )
    try {
      return run()
    } finally {
      for (const restore of restorers) restore()
    }
  }

  /** As descriptors would be. */
  get open(): number {
    return this.connections.size + (this.isListening ? 1 : 0)
  }

  hasFailed(connection: number): boolean {
    return (this.ends[connection]?.broken.size ?? 0) > 0
  }

  createWakeUp(): WakeUpFd & Waitable {
    return { fd: 0, signal: () => 0, drain: () => 0, close: () => 0 }
  }

  // Whoever asks for a socket has gone past SockMan.
  readonly createSock = noSockets
  readonly attach = noSockets
  readonly attachWakeUp = noSockets
  readonly waitMany = noSockets

  /** What SockMan's loop does in an iteration. */
  iterate({ service }: Pick<SocketThreadContext, 'service'>, handler: SocketHandler): void {
    const consumer = handler as Consumer
    consumer.eventIOLoopCompletedForAll()
    const occurredById = this.poll(consumer)
    if (this.occurred === 0) this.time.pass(POLL_TIMEOUT_MS)
    consumer.socketHandler() // knows no connections, and lets the consumer read the clock
    for (const [id, occurred] of occurredById) {
      if (service.stopping && consumer.finished) break
      let recvReady = (occurred & RECV) !== 0
      if (occurred & SEND && consumer.eventReadyToSend(id)) recvReady = false
      if (recvReady || occurred & ERR) {
        const connection = this.connections.get(id)
        if (connection === undefined) continue
        this.receive(consumer, id, connection)
      }
      consumer.eventIOLoopCompletedForOne(id)
    }
    if (this.isListening) this.accept(consumer)
  }

  /** Asks what each connection should be polled for. @returns what has occurred on those */
  private poll(consumer: Consumer): Map<ConnectionId, number> {
    const occurredById = new Map<ConnectionId, number>()
    if (this.isListening && this.arriving.length > 0) this.occurred |= RECV
    for (const [id, { far }] of this.connections) {
      const selectRecv = consumer.shouldTryToRecv(id)
      const selectSend = consumer.shouldTryToSend(id)
      if (!selectRecv && !selectSend) continue
      const occurred =
        (selectRecv && far.isReadyToRecv ? RECV : 0) |
        (selectSend && far.roomBytes > 0 ? SEND : 0) |
        (far.isReset ? ERR : 0)
      this.occurred |= occurred
      occurredById.set(id, occurred)
    }
    return occurredById
  }

  private accept(consumer: Consumer): void {
    const far = this.arriving.shift()
    if (far === undefined) return
    const id = this.ends.push(far) - 1
    far.faults = this.faultsOf(id)
    far.count = kind => this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1)
    this.connections.set(id, { far, memory: consumer.createMemory(id, { fd: id }) })
    if (!consumer.eventNewConnectionAccepted(id)) this.closeConnection(id)
  }

  private receive(consumer: Consumer, id: ConnectionId, { far, memory }: Connection): void {
    const room = memory.received.reserve()
    if (room.length === 0) return
    const n = far.give(room)
    if (n > 0) consumer.eventGotData(id, room.subarray(0, n))
    else if (n === 0) consumer.eventGotEOF(id)
    else if (!isTemporary(-n)) consumer.eventGotPermanentReadError(id, -n)
  }

  private sendBytes(id: ConnectionId, data: Uint8Array): number {
    const connection = this.connections.get(id)
    if (connection === undefined) return 0
    if (connection.far.broken.has('send')) {
      this.violations.push(`connection ${id}: sendBytes after a permanent error of it`)
    }
    return connection.far.take(data)
  }

  private demand(id: ConnectionId, call: string): Connection | undefined {
    const connection = this.connections.get(id)
    if (connection === undefined) {
      this.violations.push(`connection ${id}: ${call}, but it is not connected`)
    }
    return connection
  }

  private closeConnection(id: ConnectionId): boolean {
    const connection = this.connections.get(id)
    if (connection === undefined) return false
    this.connections.delete(id)
    connection.memory.markClosed()
    connection.far.end('closed')
    return true
  }
}

const POLL_TIMEOUT_MS = 50

function noSockets(): never {
  throw new Error('there are no sockets here')
}

/** A connection without a socket: what its peer has said, and what it was sent and has not read yet. */
class PlayedEnd implements FarSock {
  faults = noFaults
  count: (kind: string) => void = () => {}
  /** The calls that a permanent error was reported of. */
  readonly broken = new Set<string>()
  private readonly pipeBytes: number
  private readonly arriving: PlayedEnd[]
  private said = Buffer.alloc(0)
  private unread = Buffer.alloc(0)
  private far: 'open' | 'half-closed' | 'closed' | 'reset' = 'open'
  private near: 'open' | 'half-closed' | 'closed' = 'open'
  private lingers = true
  private gives = 0
  private takes = 0

  constructor(pipeBytes: number, arriving: PlayedEnd[]) {
    this.pipeBytes = pipeBytes
    this.arriving = arriving
  }

  // ---- the peer's side ----

  connect(): number {
    this.arriving.push(this)
    return 0
  }

  send(data: Uint8Array): number {
    if (this.near === 'closed') return -ECONNRESET
    const n = Math.min(data.length, this.pipeBytes - this.said.length)
    if (n === 0) return -EAGAIN
    this.said = Buffer.concat([this.said, data.subarray(0, n)])
    return n
  }

  recv(buffer: Uint8Array): number {
    if (this.unread.length === 0) return this.near === 'open' ? -EAGAIN : 0
    const n = this.unread.copy(buffer)
    this.unread = this.unread.subarray(n)
    return n
  }

  shutdown(): number {
    this.far = 'half-closed'
    return 0
  }

  setSockOpt(option: SockOpt): number {
    if (option === 'SO_LINGER0') this.lingers = false
    return 0
  }

  close(): number {
    this.far = this.lingers ? 'closed' : 'reset'
    return 0
  }

  // ---- the subject's side ----

  get isReadyToRecv(): boolean {
    return this.said.length > 0 || this.far !== 'open'
  }

  get isReset(): boolean {
    return this.far === 'reset'
  }

  get roomBytes(): number {
    return this.pipeBytes - this.unread.length
  }

  /** @returns bytes given, 0 at their end, or `-errno` */
  give(room: Uint8Array): number {
    const fault = this.faults.recv.get(this.gives++)
    if (fault !== undefined && 'errno' in fault) return this.fail('recv', fault.errno)
    if (this.far === 'reset') return this.broke('recv', ECONNRESET)
    if (this.said.length === 0) return this.far === 'open' ? -EAGAIN : 0
    const n = this.said.copy(room, 0, 0, Math.min(this.said.length, limitOf(fault)))
    this.said = this.said.subarray(n)
    return n
  }

  /** As `sendBytes`. @returns bytes taken, 0 for none now, or `-errno` of a permanent error */
  take(data: Uint8Array): number {
    const fault = this.faults.send.get(this.takes++)
    if (fault !== undefined && 'errno' in fault) {
      const failed = this.fail('send', fault.errno)
      return isTemporary(fault.errno) ? 0 : failed
    }
    if (this.far === 'closed' || this.far === 'reset') return this.broke('send', ECONNRESET)
    const part = data.subarray(0, Math.min(this.roomBytes, limitOf(fault)))
    this.unread = Buffer.concat([this.unread, part])
    return part.length
  }

  private fail(call: string, errno: number): number {
    this.count(`${call} ${errnoName(errno)}`)
    return this.broke(call, errno)
  }

  /** @returns `-errno` */
  private broke(call: string, errno: number): number {
    if (!isTemporary(errno)) this.broken.add(call)
    return -errno
  }

  end(how: 'half-closed' | 'closed'): void {
    this.near = how
  }
}

function limitOf(fault: Fault | undefined): number {
  return fault !== undefined && 'atMost' in fault ? fault.atMost : Number.POSITIVE_INFINITY
}
