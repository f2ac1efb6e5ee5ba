/**
 * One socket: one method per system call, which is the seam where tests put an in-memory twin
 * (Bitcoin Core's `util/sock.h` has the same shape).
 *
 * Every call answers with a value and throws nothing: `>= 0` is what the system call returned,
 * `< 0` is `-errno`. `errnoName` names it, `isTransient` tells whether to try again.
 */
export interface Sock {
  /** Fills `buffer` with at most `buffer.length` bytes; MSG_DONTWAIT. `0` is the peer's end of file. */
  recv(buffer: Uint8Array): number
  /** Sends a prefix of `data`; MSG_NOSIGNAL | MSG_DONTWAIT, and MSG_MORE when `more` follows soon. */
  send(data: Uint8Array, more: boolean): number
  bind(address: Address): number
  listen(backlog: number): number
  /** The next connection of a listening socket, non-blocking and close-on-exec, or `-errno`. */
  accept(): Accepted | number
  /** Starts a connection; a non-blocking socket answers `-EINPROGRESS` and is ready to SEND when done. */
  connect(address: Address): number
  getsockname(): Address | number
  setSockOpt(option: SockOpt, value: number): number
  /** The option's value, or `-errno`. SO_ERROR is cleared by being read. */
  getSockOpt(option: SockOpt): number
  /** Half-close: no more sends from here. */
  shutdown(): number
  /** Releases the descriptor. A second close is a bug of the caller and answers `-EBADF`. */
  close(): number
}

export type SockOpt =
  | 'SO_REUSEADDR'
  | 'SO_ERROR'
  | 'SO_SNDBUF'
  | 'SO_RCVBUF'
  | 'SO_LINGER0'
  | 'TCP_NODELAY'
  | 'IPV6_V6ONLY'

export interface Accepted {
  sock: Sock & Waitable
  /** The peer's side of the connection. */
  from: Address
}

/** An IP endpoint. `host` is a literal address: this project resolves no names. */
export interface Address {
  family: 4 | 6
  host: string
  port: number
}

/** What can be waited for: a socket, or the eventfd that wakes the loop. */
export interface Waitable {
  /** Identifies it in a wait; a kernel descriptor, or a number of the in-memory twin's own. */
  readonly fd: number
}

/** Readiness bits, as in Core's `Sock::RECV`, `SEND` and `ERR`. ERR is reported, never requested. */
export const RECV = 1
export const SEND = 2
export const ERR = 4

export interface Events {
  requested: number
  occurred: number
}

/** A wait set: what to wait for, and, after the wait, what occurred. */
export type EventsPerSock<S extends Waitable = Waitable> = Map<S, Events>

/**
 * Where sockets live: the kernel (`PosixNetwork`), or memory (`DynNetwork`, for tests).
 * One instance per thread.
 */
export interface Network {
  /** A new non-blocking, close-on-exec stream socket, or `-errno`. */
  createSock(family: 4 | 6): (Sock & Waitable) | number
  /**
   * A second handle on a socket that another thread of this process opened. It does not own the
   * descriptor: only the thread that opened it may close it.
   */
  attach(fd: number): Sock & Waitable
  /** An eventfd, to wake a thread that sleeps in `waitMany` from another thread. */
  createWakeUp(): (WakeUpFd & Waitable) | number
  attachWakeUp(fd: number): WakeUpFd & Waitable
  /**
   * poll(2). Waits until something requested occurs, an error occurs, or `timeoutMs` has passed,
   * and fills in `occurred` for every entry (0 where nothing did). POLLHUP and POLLIN both are
   * RECV; POLLERR and POLLNVAL are ERR; as in Core's `Sock::WaitMany`.
   * @returns how many entries have something in `occurred`; 0 after a timeout; `-errno`
   */
  waitMany(timeoutMs: number, eventsPerSock: EventsPerSock): number
}

export interface WakeUpFd {
  /** Makes the descriptor ready to RECV. Callable from any thread. */
  signal(): number
  /** Resets it. */
  drain(): number
  close(): number
}
