import { constants } from 'node:os'

/** The error numbers this project acts on, as positive numbers. */
export const {
  EADDRINUSE,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EISCONN,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  ENOSYS,
  ENOTCONN,
  EPIPE,
  ESRCH,
  ETIMEDOUT,
} = constants.errno
const { EMSGSIZE } = constants.errno

/** EWOULDBLOCK is EAGAIN on Linux, and ENOTSUP is EOPNOTSUPP: the first name wins. */
const names = new Map<number, string>()
for (const [name, errno] of Object.entries(constants.errno)) {
  if (!names.has(errno)) names.set(errno, name)
}

/** 'ECONNRESET' for 104. Takes the positive number: `errnoName(-n)` after an answer `n < 0`. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `errno ${errno}`
}

/** 'ECONNREFUSED (111)', for messages. */
export function describeErrno(errno: number): string {
  return names.has(errno) ? `${errnoName(errno)} (${errno})` : errnoName(errno)
}

/** Try again later; every other error is permanent. The list is Core's `IOErrorIsPermanent`. */
export function isTransient(errno: number): boolean {
  return errno === EAGAIN || errno === EMSGSIZE || errno === EINTR || errno === EINPROGRESS
}
