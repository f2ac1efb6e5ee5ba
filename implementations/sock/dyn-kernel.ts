import { formatAddress } from './address.ts'
import { DynEndpoint } from './dyn-endpoint.ts'
import { EADDRINUSE, EBADF, EINVAL } from './errno.ts'
import { type Address, ERR, RECV, SEND } from './sock.ts'

/** What an eventfd is to a real kernel. */
export interface DynEvent {
  signalled: boolean
}

/** First of the ports handed out to sockets that name none (RFC 6335: the dynamic ports). */
const FIRST_EPHEMERAL_PORT = 49152

const closedEndpoint = new DynEndpoint({ family: 4, host: '0.0.0.0', port: 0 }, 0)
closedEndpoint.close()

/** The tables behind one in-memory network: descriptors, and addresses in use. */
export class DynKernel {
  readonly #descriptors = new Map<number, DynEndpoint | DynEvent>()
  readonly #bound = new Map<string, DynEndpoint>()
  #nextFd = 3

  get openCount(): number {
    return this.#descriptors.size
  }

  /** @returns a descriptor number. None is used twice, so that using a closed one always shows. */
  open(descriptor: DynEndpoint | DynEvent): number {
    const fd = this.#nextFd++
    this.#descriptors.set(fd, descriptor)
    return fd
  }

  /** The socket of this number; without one, a closed one, whose every call answers -EBADF. */
  endpoint(fd: number): DynEndpoint {
    const descriptor = this.#descriptors.get(fd)
    return descriptor instanceof DynEndpoint ? descriptor : closedEndpoint
  }

  event(fd: number): DynEvent | undefined {
    const descriptor = this.#descriptors.get(fd)
    return descriptor instanceof DynEndpoint ? undefined : descriptor
  }

  readiness(fd: number): number {
    const descriptor = this.#descriptors.get(fd)
    if (descriptor === undefined) return ERR
    if (descriptor instanceof DynEndpoint) return descriptor.readiness()
    return descriptor.signalled ? RECV | SEND : SEND
  }

  bind(endpoint: DynEndpoint, address: Address): number {
    if (!endpoint.isOpen) return -EBADF
    if (endpoint.local.port !== 0) return -EINVAL
    const local = { ...address, port: address.port || this.#freePort(address) }
    if (this.#bound.has(formatAddress(local))) return -EADDRINUSE
    endpoint.local = local
    this.#bound.set(formatAddress(local), endpoint)
    return 0
  }

  connect(endpoint: DynEndpoint, address: Address): number {
    if (endpoint.local.port === 0) this.bind(endpoint, { ...address, port: 0 })
    return endpoint.connect(this.#bound.get(formatAddress(address)), address)
  }

  listen(endpoint: DynEndpoint): number {
    if (endpoint.local.port === 0) this.bind(endpoint, endpoint.local)
    return endpoint.listen()
  }

  close(fd: number): number {
    const descriptor = this.#descriptors.get(fd)
    if (descriptor === undefined) return -EBADF
    this.#descriptors.delete(fd)
    if (!(descriptor instanceof DynEndpoint)) return 0
    // Accepted sockets have their listener's address, and leave it to the listener.
    const key = formatAddress(descriptor.local)
    if (this.#bound.get(key) === descriptor) this.#bound.delete(key)
    return descriptor.close()
  }

  #freePort(address: Address): number {
    let port = FIRST_EPHEMERAL_PORT
    while (this.#bound.has(formatAddress({ ...address, port }))) port++
    return port
  }
}
