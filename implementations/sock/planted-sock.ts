import type {
  Accepted,
  Address,
  EventsPerSock,
  Network,
  Sock,
  SockOpt,
  Waitable,
  WakeUpFd,
} from './sock.ts'
import { SpinLoop } from './spin-loop.ts'
import { TimedSpins } from './timed-spins.ts'

type NetSock = Sock & Waitable

/**
 * The network itself for null; else one whose sockets spin so many turns after each recv that brings
 * bytes: with 0, too, a recv takes a way that is a little longer.
 */
export function withSpins(
  network: Network<NetSock>,
  spinsPerRecv: number | null,
  timed: (ns: number) => void,
  loop: SpinLoop = new SpinLoop(),
): Network<NetSock> {
  if (spinsPerRecv === null) return network
  const spins = new TimedSpins(loop, spinsPerRecv, timed)
  return new PlantedNetwork(network, () => spins.spin())
}

/**
 * A network whose sockets do something more after each recv that brings bytes: a slowdown of known
 * size, planted to see whether it is found. It makes no system call of its own.
 */
export class PlantedNetwork implements Network<NetSock> {
  readonly #network: Network<NetSock>
  readonly #afterRecv: () => void

  constructor(network: Network<NetSock>, afterRecv: () => void) {
    this.#network = network
    this.#afterRecv = afterRecv
  }

  createSock(family: 4 | 6): NetSock | number {
    const sock = this.#network.createSock(family)
    return typeof sock === 'number' ? sock : new PlantedSock(sock, this.#afterRecv)
  }

  attach(fd: number): NetSock {
    return new PlantedSock(this.#network.attach(fd), this.#afterRecv)
  }

  createWakeUp(): (WakeUpFd & Waitable) | number {
    return this.#network.createWakeUp()
  }

  attachWakeUp(fd: number): WakeUpFd & Waitable {
    return this.#network.attachWakeUp(fd)
  }

  waitMany(timeoutMs: number, eventsPerSock: EventsPerSock): number {
    return this.#network.waitMany(timeoutMs, eventsPerSock)
  }
}

class PlantedSock implements Sock, Waitable {
  readonly #sock: NetSock
  readonly #afterRecv: () => void

  constructor(sock: NetSock, afterRecv: () => void) {
    this.#sock = sock
    this.#afterRecv = afterRecv
  }

  get fd(): number {
    return this.#sock.fd
  }

  recv(buffer: Uint8Array): number {
    const received = this.#sock.recv(buffer)
    if (received > 0) this.#afterRecv()
    return received
  }

  send(data: Uint8Array, more: boolean): number {
    return this.#sock.send(data, more)
  }

  bind(address: Address): number {
    return this.#sock.bind(address)
  }

  listen(backlog: number): number {
    return this.#sock.listen(backlog)
  }

  accept(): Accepted | number {
    const accepted = this.#sock.accept()
    if (typeof accepted === 'number') return accepted
    return { sock: new PlantedSock(accepted.sock, this.#afterRecv), from: accepted.from }
  }

  connect(address: Address): number {
    return this.#sock.connect(address)
  }

  getsockname(): Address | number {
    return this.#sock.getsockname()
  }

  setSockOpt(option: SockOpt, value: number): number {
    return this.#sock.setSockOpt(option, value)
  }

  getSockOpt(option: SockOpt): number {
    return this.#sock.getSockOpt(option)
  }

  setCongestionControl(name: string): number {
    return this.#sock.setCongestionControl(name)
  }

  shutdown(): number {
    return this.#sock.shutdown()
  }

  close(): number {
    return this.#sock.close()
  }
}
