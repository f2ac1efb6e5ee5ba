import { AF_INET, AF_INET6, decodeSockaddr, encodeSockaddr, SOCKADDR_MAX_BYTES } from './address.ts'
import {
  pollCall,
  pollReturned,
  recvCall,
  recvReturned,
  sendCall,
  sendReturned,
  tracePoll,
  tracePollReturned,
  traceRecv,
  traceRecvReturned,
  traceSend,
  traceSendReturned,
} from './call-points.ts'
import { EBADF } from './errno.ts'
import type { IoVector } from './io-vector.ts'
import { addressOf, type Libc, libc } from './libc.ts'
import {
  type Accepted,
  type Address,
  ERR,
  type EventsPerSock,
  type Network,
  RECV,
  SEND,
  type Sock,
  type SockOpt,
  type Waitable,
  type WakeUpFd,
} from './sock.ts'
import { syscallIndex } from './syscalls.ts'

/** Sockets of the kernel. Every system call is counted by name in `syscallCounts`. */
export class PosixNetwork implements Network<PosixSock> {
  readonly #libc: Libc = libc()
  readonly #syscallCounts: Float64Array
  #pollfds = new Int32Array(2 * 64)
  #pollfdsAddress = addressOfWords(this.#pollfds)

  /** @param syscallCounts as `createSyscallCounts` makes it; written by this thread only */
  constructor(syscallCounts: Float64Array) {
    this.#syscallCounts = syscallCounts
  }

  createSock(family: 4 | 6): PosixSock | number {
    this.#syscallCounts[syscallIndex.socket]++
    const domain = family === 6 ? AF_INET6 : AF_INET
    const fd = this.#libc.socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
    if (fd < 0) return -this.#libc.errno()
    return new PosixSock(this.#libc, this.#syscallCounts, fd, 'opened')
  }

  attach(fd: number): PosixSock {
    return new PosixSock(this.#libc, this.#syscallCounts, fd, 'attached')
  }

  createWakeUp(): PosixWakeUp | number {
    this.#syscallCounts[syscallIndex.eventfd]++
    const fd = this.#libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
    if (fd < 0) return -this.#libc.errno()
    return new PosixWakeUp(this.#libc, this.#syscallCounts, fd, 'opened')
  }

  attachWakeUp(fd: number): PosixWakeUp {
    return new PosixWakeUp(this.#libc, this.#syscallCounts, fd, 'attached')
  }

  waitMany(timeoutMs: number, eventsPerSock: EventsPerSock): number {
    const count = eventsPerSock.size
    if (2 * count > this.#pollfds.length) this.#growPollfds(count)
    const pollfds = this.#pollfds
    // struct pollfd { int fd; short events; short revents }: one store sets events, clears revents.
    let at = 0
    for (const [sock, { requested }] of eventsPerSock) {
      pollfds[at++] = sock.fd
      pollfds[at++] = (requested & RECV ? POLLIN : 0) | (requested & SEND ? POLLOUT : 0)
    }
    this.#syscallCounts[syscallIndex.poll]++
    if (pollCall.hasSubscribers) tracePoll(count, timeoutMs)
    const ready = this.#libc.poll(this.#pollfdsAddress, count, timeoutMs)
    const errno = ready < 0 ? this.#libc.errno() : 0
    if (pollReturned.hasSubscribers) tracePollReturned(ready < 0 ? -errno : ready)
    if (ready < 0) {
      for (const events of eventsPerSock.values()) events.occurred = 0
      return -errno
    }
    at = 1
    for (const events of eventsPerSock.values()) {
      const revents = pollfds[at] >>> 16
      at += 2
      events.occurred = revents === 0 ? 0 : toOccurred(revents)
    }
    return ready
  }

  #growPollfds(count: number): void {
    this.#pollfds = new Int32Array(4 * count)
    this.#pollfdsAddress = addressOfWords(this.#pollfds)
  }
}

/** Core's mapping in `Sock::WaitManyPoll`, which looks at no POLLNVAL; a loop must see that, too. */
function toOccurred(revents: number): number {
  return (
    (revents & POLLIN ? RECV : 0) |
    (revents & POLLOUT ? SEND : 0) |
    (revents & (POLLERR | POLLHUP | POLLNVAL) ? ERR : 0)
  )
}

function addressOfWords(words: Int32Array): number {
  return addressOf(new Uint8Array(words.buffer))
}

/**
 * `opened` descriptors are ours to close. `attached` ones belong to another handle: closing such
 * a handle only lets go of it.
 */
type Ownership = 'opened' | 'attached'

/**
 * What a handle holds once closed: no descriptor can have this number, so calls answer EBADF
 * whatever has taken the old number since, and poll reports ERR (it would ignore -1).
 */
const CLOSED_FD = 0x7fff_ffff

class Descriptor implements Waitable {
  protected readonly libc: Libc
  protected readonly syscallCounts: Float64Array
  readonly #ownership: Ownership
  #fd: number

  constructor(libc: Libc, syscallCounts: Float64Array, fd: number, ownership: Ownership) {
    this.libc = libc
    this.syscallCounts = syscallCounts
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
    if (this.#ownership === 'attached') return 0
    this.syscallCounts[syscallIndex.close]++
    return this.answer(this.libc.close(fd))
  }

  protected answer(result: number): number {
    return result < 0 ? -this.libc.errno() : result
  }
}

export class PosixSock extends Descriptor implements Sock {
  recv(buffer: Uint8Array): number {
    this.syscallCounts[syscallIndex.recv]++
    const { fd } = this
    const sizeBytes = buffer.length
    if (recvCall.hasSubscribers) traceRecv(fd, sizeBytes)
    const result = this.answer(this.libc.recv(fd, buffer, sizeBytes, MSG_DONTWAIT))
    if (recvReturned.hasSubscribers) traceRecvReturned(fd, result)
    return result
  }

  send(data: Uint8Array, more: boolean): number {
    this.syscallCounts[syscallIndex.send]++
    const flags = more ? SEND_FLAGS | MSG_MORE : SEND_FLAGS
    const { fd } = this
    const sizeBytes = data.length
    if (sendCall.hasSubscribers) traceSend(fd, sizeBytes)
    const result = this.answer(this.libc.send(fd, data, sizeBytes, flags))
    if (sendReturned.hasSubscribers) traceSendReturned(fd, result)
    return result
  }

  /**
   * Sends a prefix of everything in `vector`, or of its first IOV_MAX areas, in one system call.
   * `vector.consume(n)` is left to the caller.
   */
  sendVector(vector: IoVector): number {
    this.syscallCounts[syscallIndex.sendmsg]++
    return this.answer(this.libc.sendmsg(this.fd, vector.msghdrAddress, SEND_FLAGS))
  }

  bind(address: Address): number {
    const sizeBytes = encodeSockaddr(address, sockaddr)
    this.syscallCounts[syscallIndex.bind]++
    return this.answer(this.libc.bind(this.fd, sockaddr, sizeBytes))
  }

  listen(backlog: number): number {
    this.syscallCounts[syscallIndex.listen]++
    return this.answer(this.libc.listen(this.fd, backlog))
  }

  accept(): Accepted<PosixSock> | number {
    this.syscallCounts[syscallIndex.accept4]++
    socklen[0] = SOCKADDR_MAX_BYTES
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC
    const fd = this.libc.accept4(this.fd, sockaddr, socklenBytes, flags)
    if (fd < 0) return -this.libc.errno()
    const sock = new PosixSock(this.libc, this.syscallCounts, fd, 'opened')
    return { sock, from: decodeSockaddr(sockaddr) }
  }

  connect(address: Address): number {
    const sizeBytes = encodeSockaddr(address, sockaddr)
    this.syscallCounts[syscallIndex.connect]++
    return this.answer(this.libc.connect(this.fd, sockaddr, sizeBytes))
  }

  getsockname(): Address | number {
    this.syscallCounts[syscallIndex.getsockname]++
    socklen[0] = SOCKADDR_MAX_BYTES
    const result = this.answer(this.libc.getsockname(this.fd, sockaddr, socklenBytes))
    return result < 0 ? result : decodeSockaddr(sockaddr)
  }

  setSockOpt(option: SockOpt, value: number): number {
    const { level, name, valueBytes } = sockOpts[option]
    // SO_LINGER0 is struct linger { on, seconds }; the rest are ints and leave the second unread.
    optionValue[0] = value
    optionValue[1] = 0
    this.syscallCounts[syscallIndex.setsockopt]++
    return this.answer(this.libc.setsockopt(this.fd, level, name, optionBytes, valueBytes))
  }

  getSockOpt(option: SockOpt): number {
    const { level, name, valueBytes } = sockOpts[option]
    socklen[0] = valueBytes
    this.syscallCounts[syscallIndex.getsockopt]++
    const result = this.answer(
      this.libc.getsockopt(this.fd, level, name, optionBytes, socklenBytes),
    )
    return result < 0 ? result : optionValue[0]
  }

  setCongestionControl(name: string): number {
    const value = Buffer.from(name, 'latin1')
    this.syscallCounts[syscallIndex.setsockopt]++
    return this.answer(
      this.libc.setsockopt(this.fd, IPPROTO_TCP, TCP_CONGESTION, value, value.length),
    )
  }

  shutdown(): number {
    this.syscallCounts[syscallIndex.shutdown]++
    return this.answer(this.libc.shutdown(this.fd, SHUT_WR))
  }
}

/** An eventfd(2): its counter is above zero while signalled. */
export class PosixWakeUp extends Descriptor implements WakeUpFd {
  signal(): number {
    this.syscallCounts[syscallIndex.write]++
    return Math.min(0, this.answer(this.libc.write(this.fd, one, one.length)))
  }

  drain(): number {
    this.syscallCounts[syscallIndex.read]++
    return Math.min(0, this.answer(this.libc.read(this.fd, drained, drained.length)))
  }
}

// Scratch memory for calls with small structures. A module is loaded once per thread, and no call
// outlives its method, so sharing it is safe.
const sockaddr = new Uint8Array(SOCKADDR_MAX_BYTES)
/** A socklen_t that goes in as room and comes out as the size written. */
const socklen = new Uint32Array(1)
const socklenBytes = new Uint8Array(socklen.buffer)
const optionValue = new Int32Array(2)
const optionBytes = new Uint8Array(optionValue.buffer)
const one = new Uint8Array(new BigUint64Array([1n]).buffer)
const drained = new Uint8Array(8)

// asm-generic/socket.h, linux/tcp.h, linux/in6.h, bits/socket_type.h, asm-generic/poll.h,
// sys/eventfd.h: equal on x64 and arm64.
const SOL_SOCKET = 1
const IPPROTO_TCP = 6
const IPPROTO_IPV6 = 41
const sockOpts: Record<SockOpt, { level: number; name: number; valueBytes: 4 | 8 }> = {
  SO_REUSEADDR: { level: SOL_SOCKET, name: 2, valueBytes: 4 },
  SO_ERROR: { level: SOL_SOCKET, name: 4, valueBytes: 4 },
  SO_SNDBUF: { level: SOL_SOCKET, name: 7, valueBytes: 4 },
  SO_RCVBUF: { level: SOL_SOCKET, name: 8, valueBytes: 4 },
  SO_LINGER0: { level: SOL_SOCKET, name: 13, valueBytes: 8 },
  TCP_NODELAY: { level: IPPROTO_TCP, name: 1, valueBytes: 4 },
  IPV6_V6ONLY: { level: IPPROTO_IPV6, name: 26, valueBytes: 4 },
}
const TCP_CONGESTION = 13
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const EFD_NONBLOCK = SOCK_NONBLOCK
const EFD_CLOEXEC = SOCK_CLOEXEC
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const MSG_MORE = 0x8000
const SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT
const SHUT_WR = 1
const POLLIN = 0x1
const POLLOUT = 0x4
const POLLERR = 0x8
const POLLHUP = 0x10
const POLLNVAL = 0x20
