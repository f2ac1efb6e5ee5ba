import { DynNetwork, type DynSock, type DynWakeUp } from '../../implementations/sock/dyn-sock.ts'
import { EINPROGRESS, EINTR, errnoName } from '../../implementations/sock/errno.ts'
import {
  type Accepted,
  type Address,
  type EventsPerSock,
  type Network,
  RECV,
  SEND,
  type Sock,
  type SockOpt,
  type Waitable,
} from '../../implementations/sock/sock.ts'
import {
  type ConnectFault,
  type ConnectionFaults,
  type Fault,
  type Faults,
  isTemporary,
  noFaults,
} from './faults.ts'
import type { SimulatedTime } from './simulated-time.ts'

export interface FaultyNetworkOptions {
  /** Capacity of each direction of a connection. */
  pipeBytes: number
  time: SimulatedTime
  /** Of the connection that is accepted, or made, as the one of this number, from 0. */
  connectionFaults: (index: number) => ConnectionFaults
  /** By the number of the socket, from 0. */
  connect: ReadonlyMap<number, ConnectFault>
  accept: Faults
  poll: Faults
}

/** What went wrong, and must not: a subject's call that no correct program makes. */
type Violation = string

/**
 * A network in memory on which system calls fail when they are told to, seen from the subject; its peers
 * use `dyn`, where nothing fails. It also watches the subject: no call on a closed descriptor, none closed
 * twice.
 */
export class FaultyNetwork implements Network<FaultySock> {
  readonly dyn: DynNetwork
  readonly violations: Violation[] = []
  /** Faults that took effect, by kind: `recv ECONNRESET`, `send short`. */
  readonly injected = new Map<string, number>()
  /** Descriptors that the subject has open. */
  open = 0
  /**
   * Of the listener and each connection: when it was accepted from, received from, sent on, closed and
   * given options, with which result; and when what it is polled for changed.
   */
  readonly calls = new Map<string, string[]>()
  /** Number of the step that the simulation is in. */
  moment = 0
  /** All that the last poll has told of. */
  occurred = 0
  private readonly options: FaultyNetworkOptions
  private readonly descriptors = new Map<number, Descriptor>()
  /** In the order in which they began. */
  private readonly connections: Descriptor[] = []
  private sockets = 0
  /** In simulated time; whoever tries again at once would spin. */
  private failedToConnectAtMs = -1
  private acceptCalls = 0
  private polls = 0

  constructor(options: FaultyNetworkOptions) {
    this.options = options
    this.dyn = new DynNetwork({ pipeBytes: options.pipeBytes })
  }

  createSock(family: 4 | 6): FaultySock | number {
    if (this.options.time.nowMs === this.failedToConnectAtMs) {
      this.violations.push('connects again at once after it has failed to')
    }
    const index = this.sockets++
    const fault = this.options.connect.get(index)
    if (fault?.call === 'socket') return this.failToConnect('socket', fault.errno)
    return this.adopt(this.dyn.createSock(family), {
      ...newDescriptor(`socket ${index}`, noFaults),
      connectFault: fault,
    })
  }

  attach(fd: number): FaultySock {
    const descriptor = this.descriptors.get(fd)
    if (descriptor === undefined) throw new Error(`attached to ${fd}, which nobody has opened`)
    return new FaultySock(this, this.dyn.attach(fd), descriptor, 'attached')
  }

  createWakeUp(): DynWakeUp {
    return this.dyn.createWakeUp()
  }

  attachWakeUp(fd: number): DynWakeUp {
    return this.dyn.attachWakeUp(fd)
  }

  /** Sleeps in simulated time if nothing has occurred. */
  waitMany(timeoutMs: number, eventsPerSock: EventsPerSock): number {
    const fault = this.options.poll.get(this.polls++)
    this.logPolledFor(eventsPerSock)
    for (const { fd } of eventsPerSock.keys()) {
      const descriptor = this.descriptors.get(fd)
      if (descriptor?.closed) this.violations.push(`poll on ${descriptor.name}, which is closed`)
    }
    if (fault !== undefined && 'errno' in fault) {
      for (const events of eventsPerSock.values()) events.occurred = 0
      this.occurred = 0
      return this.fail('poll', fault.errno)
    }
    return this.waitUntilReady(timeoutMs, eventsPerSock)
  }

  /** @returns the fault of this accept, if it has one */
  nextAcceptFault(): Fault | undefined {
    return this.options.accept.get(this.acceptCalls++)
  }

  adoptAccepted(sock: DynSock): FaultySock {
    const descriptor = newDescriptor('accepted', noFaults)
    this.beginConnection(descriptor)
    return this.adopt(sock, descriptor)
  }

  /** From now on it is a connection. */
  beginConnection(descriptor: Descriptor): void {
    const index = this.connections.push(descriptor) - 1
    descriptor.isConnection = true
    descriptor.name = `connection ${index}`
    descriptor.faults = this.options.connectionFaults(index)
  }

  hasFailed(connection: number): boolean {
    return (this.connections[connection]?.broken.size ?? 0) > 0
  }

  completeAfter(ms: number, descriptor: Descriptor): void {
    descriptor.completesAtMs = this.options.time.nowMs + ms
  }

  /** @returns `-errno` */
  fail(call: string, errno: number): number {
    this.count(`${call} ${errnoName(errno)}`)
    return -errno
  }

  failToConnect(call: string, errno: number): number {
    this.failedToConnectAtMs = this.options.time.nowMs
    return this.fail(call, errno)
  }

  count(kind: string): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1)
  }

  log(name: string, call: string, result: number): void {
    this.note(name, `${call} ${result < 0 ? errnoName(-result) : result}`)
  }

  private logPolledFor(eventsPerSock: EventsPerSock): void {
    const requested = new Map<number, number>()
    for (const [{ fd }, events] of eventsPerSock) requested.set(fd, events.requested)
    for (const [fd, descriptor] of this.descriptors) {
      const polledFor = requested.get(fd) ?? 0
      if (descriptor.closed || descriptor.polledFor === polledFor) continue
      descriptor.polledFor = polledFor
      this.note(descriptor.name, `polled for ${eventNames(polledFor)}`)
    }
  }

  private note(name: string, what: string): void {
    const calls = this.calls.get(name) ?? []
    this.calls.set(name, calls)
    calls.push(`step ${this.moment}: ${what}`)
  }

  private waitUntilReady(timeoutMs: number, eventsPerSock: EventsPerSock): number {
    const { time } = this.options
    let ready = this.dyn.waitMany(timeoutMs, eventsPerSock)
    let sleepMs = timeoutMs
    this.occurred = 0
    for (const [{ fd }, events] of eventsPerSock) {
      const completesInMs = (this.descriptors.get(fd)?.completesAtMs ?? 0) - time.nowMs
      if (completesInMs > 0) {
        if (events.occurred !== 0) ready--
        events.occurred = 0
        sleepMs = Math.min(sleepMs, completesInMs)
      }
      this.occurred |= events.occurred
    }
    if (ready > 0) return ready
    time.pass(sleepMs)
    return sleepMs < timeoutMs ? this.waitUntilReady(timeoutMs - sleepMs, eventsPerSock) : 0
  }

  private adopt(sock: DynSock, descriptor: Descriptor): FaultySock {
    this.descriptors.set(sock.fd, descriptor)
    this.open++
    return new FaultySock(this, sock, descriptor, 'opened')
  }
}

/** What all handles on one descriptor share. */
interface Descriptor {
  name: string
  faults: ConnectionFaults
  /** And no listener, or a socket whose connect has failed. */
  isConnection: boolean
  readonly connectFault: ConnectFault | undefined
  /** Not ready for anything before, in simulated time. */
  completesAtMs: number
  recvs: number
  sends: number
  /** In the last poll. */
  polledFor: number
  closed: boolean
  /** The calls that a permanent error was reported of: the connection has to go. */
  readonly broken: Set<string>
}

function newDescriptor(name: string, faults: ConnectionFaults): Descriptor {
  return {
    name,
    faults,
    isConnection: false,
    connectFault: undefined,
    completesAtMs: 0,
    recvs: 0,
    sends: 0,
    polledFor: 0,
    closed: false,
    broken: new Set(),
  }
}

export class FaultySock implements Sock, Waitable {
  readonly fd: number
  private readonly network: FaultyNetwork
  private readonly sock: DynSock
  private readonly descriptor: Descriptor
  private readonly ownership: 'opened' | 'attached'

  constructor(
    network: FaultyNetwork,
    sock: DynSock,
    descriptor: Descriptor,
    ownership: 'opened' | 'attached',
  ) {
    this.fd = sock.fd
    this.network = network
    this.sock = sock
    this.descriptor = descriptor
    this.ownership = ownership
  }

  recv(buffer: Uint8Array): number {
    this.demandOpen('recv')
    const fault = this.descriptor.faults.recv.get(this.descriptor.recvs++)
    return this.transfer('recv', buffer, fault, part => this.sock.recv(part))
  }

  send(data: Uint8Array, more: boolean): number {
    this.demandOpen('send')
    if (data.length === 0) this.violation('sends nothing')
    const fault = this.descriptor.faults.send.get(this.descriptor.sends++)
    return this.transfer('send', data, fault, part => this.sock.send(part, more))
  }

  accept(): Accepted<FaultySock> | number {
    this.demandOpen('accept')
    const fault = this.network.nextAcceptFault()
    const accepted =
      fault !== undefined && 'errno' in fault
        ? this.network.fail('accept', fault.errno)
        : this.sock.accept()
    this.network.log(this.descriptor.name, 'accept', typeof accepted === 'number' ? accepted : 0)
    if (typeof accepted === 'number') return accepted
    return { sock: this.network.adoptAccepted(accepted.sock), from: accepted.from }
  }

  close(): number {
    if (this.ownership === 'attached') return this.sock.close()
    this.demandOpen('close')
    if (!this.descriptor.closed) this.network.open--
    this.descriptor.closed = true
    const result = this.sock.close()
    this.network.log(this.descriptor.name, 'close', result)
    return result
  }

  bind(address: Address): number {
    return this.sock.bind(address)
  }
  listen(backlog: number): number {
    this.descriptor.name = 'listener'
    return this.sock.listen(backlog)
  }
  connect(address: Address): number {
    const { descriptor, network } = this
    const { connectFault: fault } = descriptor
    if (fault?.call === 'connect' && fault.errno !== EINTR)
      return network.failToConnect('connect', fault.errno)
    if (fault?.call === 'completion') network.completeAfter(fault.afterMs, descriptor)
    if (fault?.call === 'completion' && fault.errno !== 0) return -EINPROGRESS
    if (fault?.call === 'completion' && fault.afterMs > 0) network.count('connect late')
    network.beginConnection(descriptor)
    const started = this.sock.connect(address)
    return fault?.call === 'connect' ? network.fail('connect', EINTR) : started
  }
  getsockname(): Address | number {
    return this.sock.getsockname()
  }
  setSockOpt(option: SockOpt, value: number): number {
    const result = this.sock.setSockOpt(option, value)
    this.network.log(this.descriptor.name, `set ${option} to ${value}:`, result)
    return result
  }
  getSockOpt(option: SockOpt): number {
    const { connectFault: fault } = this.descriptor
    if (option === 'SO_ERROR' && fault?.call === 'completion' && fault.errno !== 0) {
      return -this.network.failToConnect('SO_ERROR', fault.errno)
    }
    return this.sock.getSockOpt(option)
  }
  setCongestionControl(name: string): number {
    return this.sock.setCongestionControl(name)
  }
  shutdown(): number {
    this.demandOpen('shutdown')
    return this.sock.shutdown()
  }

  private transfer(
    call: 'recv' | 'send',
    bytes: Uint8Array,
    fault: Fault | undefined,
    transfer: (part: Uint8Array) => number,
  ): number {
    const { broken, isConnection } = this.descriptor
    if (!isConnection) this.violation(`${call} on what is not connected`)
    if (broken.has(call)) this.violation(`${call} after a permanent error of it`)
    const n = this.attempt(call, bytes, fault, transfer)
    if (n < 0 && !isTemporary(-n)) broken.add(call)
    this.network.log(this.descriptor.name, call, n)
    return n
  }

  private attempt(
    call: 'recv' | 'send',
    bytes: Uint8Array,
    fault: Fault | undefined,
    transfer: (part: Uint8Array) => number,
  ): number {
    if (fault === undefined) return transfer(bytes)
    if ('errno' in fault) return this.network.fail(call, fault.errno)
    const n = transfer(bytes.subarray(0, fault.atMost))
    if (n === fault.atMost && n < bytes.length) this.network.count(`${call} short`)
    return n
  }

  private demandOpen(call: string): void {
    if (this.descriptor.closed) this.violation(`${call} after close`)
  }

  private violation(what: string): void {
    this.network.violations.push(`${this.descriptor.name}: ${what}`)
  }
}

function eventNames(events: number): string {
  const names = [...(events & RECV ? ['RECV'] : []), ...(events & SEND ? ['SEND'] : [])]
  return names.join(' and ') || 'nothing'
}
