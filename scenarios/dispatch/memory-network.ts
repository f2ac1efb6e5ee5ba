import { EAGAIN, ENOSYS } from '../../implementations/sock/errno.ts'
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

/** Where every connection of a `MemoryNetwork` seems to lead. */
export const NOWHERE: Address = { family: 4, host: '127.0.0.1', port: 1 }

/**
 * Sockets without a kernel, all connected to nobody: each receives what is put into it and takes all
 * that is sent. A call does as little as it can, so that what a loop costs is the loop itself.
 */
export class MemoryNetwork implements Network<MemorySock> {
  readonly socks: MemorySock[] = []

  createSock(): MemorySock {
    const sock = new MemorySock(this.socks.length)
    this.socks.push(sock)
    return sock
  }

  attach(fd: number): MemorySock {
    return this.socks[fd]
  }

  createWakeUp(): number {
    return -ENOSYS
  }

  attachWakeUp(): never {
    throw new Error('there is nobody to be woken by')
  }

  /** Never sleeps. */
  waitMany(_timeoutMs: number, eventsPerSock: EventsPerSock): number {
    let ready = 0
    for (const [waitable, events] of eventsPerSock) {
      const readable = this.socks[waitable.fd].isReadable
      events.occurred = events.requested & (readable ? RECV | SEND : SEND)
      if (events.occurred !== 0) ready++
    }
    return ready
  }
}

export class MemorySock implements Sock, Waitable {
  readonly fd: number
  /** What the next recv gives, whole. */
  incoming: Uint8Array = NOTHING
  /** Of a listener: connections for accept to give. */
  readonly acceptable: MemorySock[] = []
  sends = 0
  sentBytes = 0

  constructor(fd: number) {
    this.fd = fd
  }

  get isReadable(): boolean {
    return this.incoming !== NOTHING || this.acceptable.length > 0
  }

  recv(buffer: Uint8Array): number {
    const { incoming } = this
    if (incoming === NOTHING) return -EAGAIN
    buffer.set(incoming)
    this.incoming = NOTHING
    return incoming.length
  }

  send(data: Uint8Array): number {
    this.sends++
    this.sentBytes += data.length
    return data.length
  }

  connect(): number {
    return 0
  }
  bind(): number {
    return 0
  }
  listen(): number {
    return 0
  }
  accept(): Accepted<MemorySock> | number {
    const sock = this.acceptable.pop()
    return sock === undefined ? -EAGAIN : { sock, from: NOWHERE }
  }
  getsockname(): Address {
    return NOWHERE
  }
  setSockOpt(_option: SockOpt): number {
    return 0
  }
  setCongestionControl(_name: string): number {
    return 0
  }
  getSockOpt(_option: SockOpt): number {
    return 0
  }
  shutdown(): number {
    return 0
  }
  close(): number {
    return 0
  }
}

/** One object, so that asking for it is a comparison. */
const NOTHING = new Uint8Array(0)
