import { DynNetwork, type DynSock, type DynWakeUp } from '../../implementations/sock/dyn-sock.ts'
import { errnoName } from '../../implementations/sock/errno.ts'
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
import { type ConnectionFaults, type Fault, type Faults, isTemporary, noFaults } from './faults.ts'
import type { SimulatedTime } from './simulated-time.ts'

export interface FaultyNetworkOptions {
  /** Capacity of each direction of a connection. */
  pipeBytes: number
  time: SimulatedTime
  /** Of the connection that is accepted as the one of this number, from 0. */
  connectionFaults: (index: number) => ConnectionFaults
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
  private readonly options: FaultyNetworkOptions
  private readonly descriptors = new Map<number, Descriptor>()
  private accepted = 0
  private acceptCalls = 0
  private polls = 0

  constructor(options: FaultyNetworkOptions) {
    this.options = options
    this.dyn = new DynNetwork({ pipeBytes: options.pipeBytes })
  }

  createSock(family: 4 | 6): FaultySock {
    return this.adopt(this.dyn.createSock(family), 'listener', noFaults)
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
      return this.fail('poll', fault.errno)
    }
    const ready = this.dyn.waitMany(timeoutMs, eventsPerSock)
    if (ready === 0) this.options.time.pass(timeoutMs)
    return ready
  }

  /** @returns the fault of this accept, if it has one */
  nextAcceptFault(): Fault | undefined {
    return this.options.accept.get(this.acceptCalls++)
  }

  adoptAccepted(sock: DynSock): FaultySock {
    const index = this.accepted++
    return this.adopt(sock, `connection ${index}`, this.options.connectionFaults(index))
  }

  /** @returns `-errno` */
  fail(call: string, errno: number): number {
    this.count(`${call} ${errnoName(errno)}`)
    return -errno
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

  private adopt(sock: DynSock, name: string, faults: ConnectionFaults): FaultySock {
    const descriptor = {
      name,
      faults,
      recvs: 0,
      sends: 0,
      polledFor: 0,
      closed: false,
      broken: new Set<string>(),
    }
    this.descriptors.set(sock.fd, descriptor)
    this.open++
    return new FaultySock(this, sock, descriptor, 'opened')
  }
}

/** What all handles on one descriptor share. */
interface Descriptor {
  readonly name: string
  readonly faults: ConnectionFaults
  recvs: number
  sends: number
  /** In the last poll. */
  polledFor: number
  closed: boolean
  /** The calls that a permanent error was reported of: the connection has to go. */
  readonly broken: Set<string>
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
    return this.sock.listen(backlog)
  }
  connect(address: Address): number {
    return this.sock.connect(address)
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
    const { broken } = this.descriptor
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
