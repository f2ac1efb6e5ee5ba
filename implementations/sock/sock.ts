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
  /**
   * The option's value, or `-errno`. SO_ERROR, a positive errno or 0, is cleared by being read.
   * The kernel reports twice the SO_SNDBUF and SO_RCVBUF that were set.
   */
  getSockOpt(option: SockOpt): number
  /** TCP_CONGESTION, by name; accepted sockets inherit it. `-ENOENT` where the kernel has none such. */
  setCongestionControl(name: string): number
  /** Half-close: no more sends from here. */
  shutdown(): number
  /** Releases the descriptor. A second close is a bug of the caller and answers `-EBADF`. */
  close(): number
}

/** SO_LINGER0 is SO_LINGER with 0 seconds: close resets the connection (the peer: ECONNRESET). */
export type SockOpt =
  | 'SO_REUSEADDR'
  | 'SO_ERROR'
  | 'SO_SNDBUF'
  | 'SO_RCVBUF'
  | 'SO_LINGER0'
  | 'TCP_NODELAY'
  | 'IPV6_V6ONLY'

export interface Accepted<S extends Sock & Waitable = Sock & Waitable> {
  sock: S
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
export interface Network<S extends Sock & Waitable = Sock & Waitable> {
  /** A new non-blocking, close-on-exec stream socket, or `-errno`. */
  createSock(family: 4 | 6): S | number
  /**
   * A second handle on a socket that another thread of this process opened. It does not own the
   * descriptor: closing it only lets go of the handle.
   */
  attach(fd: number): S
  /** An eventfd, to wake a thread that sleeps in `waitMany` from another thread. */
  createWakeUp(): (WakeUpFd & Waitable) | number
  attachWakeUp(fd: number): WakeUpFd & Waitable
  /**
   * poll(2). Waits until something requested occurs, an error occurs, or `timeoutMs` has passed,
   * and fills in `occurred` for every entry (0 where nothing did). POLLIN is RECV (also at end
   * of file), POLLOUT is SEND, as requested; POLLERR, POLLHUP and POLLNVAL are ERR, always, as in
   * Core's `Sock::WaitMany`. An interrupted wait answers `-EINTR`: the caller loops.
   * @returns how many entries have something in `occurred`; 0 after a timeout; `-errno`
   */
  waitMany(timeoutMs: number, eventsPerSock: EventsPerSock): number
}

export interface WakeUpFd {
  /** Makes the descriptor ready to RECV. Callable from any thread, through a handle of its own. */
  signal(): number
  /** Resets it; `-EAGAIN` when it was not signalled. */
  drain(): number
  close(): number
}
