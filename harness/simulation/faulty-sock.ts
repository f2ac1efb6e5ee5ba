import type { DynSock } from '../../implementations/sock/dyn-sock.ts'
import { EINPROGRESS, EINTR } from '../../implementations/sock/errno.ts'
import type { Accepted, Address, Sock, SockOpt, Waitable } from '../../implementations/sock/sock.ts'
import { type ConnectFault, type ConnectionFaults, type Fault, isTemporary } from './faults.ts'
import type { FaultyNetwork } from './faulty-network.ts'

/** What all handles on one descriptor share. */
export interface Descriptor {
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

export function newDescriptor(name: string, faults: ConnectionFaults): Descriptor {
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

/** A socket in memory whose calls fail when they are told to, and which tells its network of each. */
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
