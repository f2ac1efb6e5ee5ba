import { constants } from 'node:os'

/** What becomes of one system call instead of what would: an error, or as little as so many bytes. */
export type Fault = { readonly errno: number } | { readonly atMost: number }

/** By the number of the call, counted from 0 on each socket; calls without one are left alone. */
export type Faults = ReadonlyMap<number, Fault>

/**
 * What becomes of an attempt to connect: socket(2) or connect(2) fails, or it completes so much later,
 * with this SO_ERROR (0: it is connected).
 */
export type ConnectFault =
  | { readonly call: 'socket' | 'connect'; readonly errno: number }
  | { readonly call: 'completion'; readonly errno: number; readonly afterMs: number }

/** What happens to the calls on one connection. */
export interface ConnectionFaults {
  readonly recv: Faults
  readonly send: Faults
}

export const noFaults: ConnectionFaults = { recv: new Map(), send: new Map() }

const errnos = constants.errno

/** Not asked of the code that is under test: what costs a connection nothing (Core's `IOErrorIsPermanent`). */
export function isTemporary(errno: number): boolean {
  return [errnos.EAGAIN, errnos.EINPROGRESS, errnos.EINTR, errnos.EMSGSIZE].includes(errno)
}

/** recv(2), and those of tcp(7); the list of Core's FuzzedSock is a part of it. */
export const recvErrnos: readonly number[] = [
  errnos.EAGAIN,
  errnos.EBADF,
  errnos.ECONNREFUSED,
  errnos.ECONNRESET,
  errnos.EFAULT,
  errnos.EHOSTUNREACH,
  errnos.EINTR,
  errnos.EINVAL,
  errnos.EIO,
  errnos.ENETUNREACH,
  errnos.ENOBUFS,
  errnos.ENOMEM,
  errnos.ENOTCONN,
  errnos.ENOTSOCK,
  errnos.ETIMEDOUT,
]

/** send(2), and those of tcp(7); all of Core's FuzzedSock. */
export const sendErrnos: readonly number[] = [
  errnos.EACCES,
  errnos.EAGAIN,
  errnos.EALREADY,
  errnos.EBADF,
  errnos.ECONNRESET,
  errnos.EDESTADDRREQ,
  errnos.EFAULT,
  errnos.EHOSTUNREACH,
  errnos.EINTR,
  errnos.EINVAL,
  errnos.EISCONN,
  errnos.EMSGSIZE,
  errnos.ENETUNREACH,
  errnos.ENOBUFS,
  errnos.ENOMEM,
  errnos.ENOTCONN,
  errnos.ENOTSOCK,
  errnos.EOPNOTSUPP,
  errnos.EPIPE,
  errnos.ETIMEDOUT,
]

/** accept(2), with the network's errors that Linux passes on through it. */
export const acceptErrnos: readonly number[] = [
  errnos.EAGAIN,
  errnos.EBADF,
  errnos.ECONNABORTED,
  errnos.EFAULT,
  errnos.EHOSTUNREACH,
  errnos.EINTR,
  errnos.EINVAL,
  errnos.EMFILE,
  errnos.ENETDOWN,
  errnos.ENETUNREACH,
  errnos.ENFILE,
  errnos.ENOBUFS,
  errnos.ENOMEM,
  errnos.ENOTSOCK,
  errnos.EOPNOTSUPP,
  errnos.EPERM,
  errnos.EPROTO,
]

/** socket(2). */
export const socketErrnos: readonly number[] = [
  errnos.EACCES,
  errnos.EMFILE,
  errnos.ENFILE,
  errnos.ENOBUFS,
  errnos.ENOMEM,
]

/** connect(2), of a socket that does not block. */
export const connectErrnos: readonly number[] = [
  errnos.EACCES,
  errnos.EADDRINUSE,
  errnos.EADDRNOTAVAIL,
  errnos.EAGAIN,
  errnos.ECONNREFUSED,
  errnos.EHOSTUNREACH,
  errnos.EINTR,
  errnos.ENETUNREACH,
  errnos.EPERM,
  errnos.ETIMEDOUT,
]

/** SO_ERROR of a connection that was in progress: tcp(7), and what routers say. */
export const completionErrnos: readonly number[] = [
  errnos.ECONNREFUSED,
  errnos.ECONNRESET,
  errnos.EHOSTUNREACH,
  errnos.ENETUNREACH,
  errnos.ETIMEDOUT,
]

/** poll(2). */
export const pollErrnos: readonly number[] = [
  errnos.EFAULT,
  errnos.EINTR,
  errnos.EINVAL,
  errnos.ENOMEM,
]
