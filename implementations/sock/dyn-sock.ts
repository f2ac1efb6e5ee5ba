import { DynEndpoint } from './dyn-endpoint.ts'
import { DynKernel } from './dyn-kernel.ts'
import { EAGAIN, EBADF } from './errno.ts'
import {
  type Accepted,
  type Address,
  ERR,
  type EventsPerSock,
  type Network,
  type Sock,
  type SockOpt,
  type Waitable,
  type WakeUpFd,
} from './sock.ts'

export interface DynNetworkOptions {
  /** Capacity of each direction of a connection; small ones make short sends. */
  pipeBytes: number
}

const dynNetworkDefaults = { pipeBytes: 256 << 10 } satisfies DynNetworkOptions

/**
 * A kernel of its own, in memory: the twin of `PosixNetwork` for tests, after Core's `DynSock`,
 * but with the readiness of poll(2) (RECV at end of file, too). Two instances share nothing, and
 * all of one belongs to one thread. Socket options are remembered and, but for SO_LINGER0, change
 * nothing; MSG_MORE changes nothing.
 */
export class DynNetwork implements Network<DynSock> {
  readonly #kernel = new DynKernel()
  readonly #pipeBytes: number

  constructor(options: Partial<DynNetworkOptions> = {}) {
    this.#pipeBytes = { ...dynNetworkDefaults, ...options }.pipeBytes
  }

  createSock(family: 4 | 6): DynSock {
    const unbound: Address = { family, host: family === 6 ? '::' : '0.0.0.0', port: 0 }
    const endpoint = new DynEndpoint(unbound, this.#pipeBytes)
    return new DynSock(this.#kernel, this.#kernel.open(endpoint), 'opened')
  }

  attach(fd: number): DynSock {
    return new DynSock(this.#kernel, fd, 'attached')
  }

  createWakeUp(): DynWakeUp {
    return new DynWakeUp(this.#kernel, this.#kernel.open({ signalled: false }), 'opened')
  }

  attachWakeUp(fd: number): DynWakeUp {
    return new DynWakeUp(this.#kernel, fd, 'attached')
  }

  /** Answers at once: while it waited, nothing could run that would change the answer. */
  waitMany(_timeoutMs: number, eventsPerSock: EventsPerSock): number {
    let ready = 0
    for (const [sock, events] of eventsPerSock) {
      events.occurred = this.#kernel.readiness(sock.fd) & (events.requested | ERR)
      if (events.occurred !== 0) ready++
    }
    return ready
  }

  /** How many descriptors are open: a test that leaks none ends with the count of its start. */
  get openCount(): number {
    return this.#kernel.openCount
  }
}

/** As of `PosixSock`: closing an attached handle only lets go of it. */
type Ownership = 'opened' | 'attached'

/** What a handle holds once closed. */
const CLOSED_FD = -1

class DynDescriptor implements Waitable {
  protected readonly kernel: DynKernel
  readonly #ownership: Ownership
  #fd: number

  constructor(kernel: DynKernel, fd: number, ownership: Ownership) {
    this.kernel = kernel
    this.#fd = fd
    this.#ownership = ownership
  }

  get fd(): number {
    return this.#fd
  }

  close(): number {
    const fd = this.#fd
    if (fd === CLOSED_FD) return -EBADF
    this.#fd = CLOSED_FD
    return this.#ownership === 'attached' ? 0 : this.kernel.close(fd)
  }
}

export class DynSock extends DynDescriptor implements Sock {
  recv(buffer: Uint8Array): number {
    return this.#endpoint.recv(buffer)
  }

  send(data: Uint8Array, _more: boolean): number {
    return this.#endpoint.send(data)
  }

  bind(address: Address): number {
    return this.kernel.bind(this.#endpoint, address)
  }

  /** @param _backlog unused: the queue takes any number of connections */
  listen(_backlog: number): number {
    return this.kernel.listen(this.#endpoint)
  }

  accept(): Accepted<DynSock> | number {
    const arrival = this.#endpoint.accept()
    if (typeof arrival === 'number') return arrival
    const sock = new DynSock(this.kernel, this.kernel.open(arrival.endpoint), 'opened')
    return { sock, from: arrival.from }
  }

  connect(address: Address): number {
    return this.kernel.connect(this.#endpoint, address)
  }

  getsockname(): Address | number {
    return this.#endpoint.isOpen ? this.#endpoint.local : -EBADF
  }

  /** Nothing here is congested. */
  setCongestionControl(_name: string): number {
    return 0
  }

  setSockOpt(option: SockOpt, value: number): number {
    return this.#endpoint.setSockOpt(option, value)
  }

  getSockOpt(option: SockOpt): number {
    return this.#endpoint.getSockOpt(option)
  }

  shutdown(): number {
    return this.#endpoint.shutdown()
  }

  get #endpoint(): DynEndpoint {
    return this.kernel.endpoint(this.fd)
  }
}

/** An eventfd of the twin. */
export class DynWakeUp extends DynDescriptor implements WakeUpFd {
  signal(): number {
    const event = this.kernel.event(this.fd)
    if (event === undefined) return -EBADF
    event.signalled = true
    return 0
  }

  drain(): number {
    const event = this.kernel.event(this.fd)
    if (event === undefined) return -EBADF
    if (!event.signalled) return -EAGAIN
    event.signalled = false
    return 0
  }
}
