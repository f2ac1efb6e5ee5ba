import { DynNetwork, type DynSock, type DynWakeUp } from '../../implementations/sock/dyn-sock.ts'
import { errnoName } from '../../implementations/sock/errno.ts'
import { type EventsPerSock, type Network, RECV, SEND } from '../../implementations/sock/sock.ts'
import {
  type ConnectFault,
  type ConnectionFaults,
  type Fault,
  type Faults,
  noFaults,
} from './faults.ts'
import { type Descriptor, FaultySock, newDescriptor } from './faulty-sock.ts'
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

function eventNames(events: number): string {
  const names = [...(events & RECV ? ['RECV'] : []), ...(events & SEND ? ['SEND'] : [])]
  return names.join(' and ') || 'nothing'
}
