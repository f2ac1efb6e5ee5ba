/** The system calls of the socket layer, in the order in which they are counted. */
export const syscallNames = [
  'socket',
  'bind',
  'listen',
  'getsockname',
  'accept4',
  'connect',
  'recv',
  'send',
  'sendmsg',
  'setsockopt',
  'getsockopt',
  'shutdown',
  'close',
  'poll',
  'eventfd',
  'read',
  'write',
] as const

export type SyscallName = (typeof syscallNames)[number]

/** Where a call is counted: `counts[syscallIndex.recv]`. */
export const syscallIndex = Object.fromEntries(
  syscallNames.map((name, index) => [name, index]),
) as Record<SyscallName, number>

/** What a buffer handed to `createSyscallCounts` must hold. */
export const SYSCALL_COUNTS_BYTES = syscallNames.length * Float64Array.BYTES_PER_ELEMENT

/**
 * One counter per call, over `buffer` where another thread shall read along.
 *
 * Increments are plain, not atomic: each thread counts in an array of its own, so there is one
 * writer, and an aligned 8-byte store is never seen half done on x64 and arm64. A reader may lag
 * by an instant, which costs nothing; an atomic increment per call would cost on the measured
 * path. Doubles count exactly up to 2^53.
 */
export function createSyscallCounts(
  buffer: SharedArrayBuffer = new SharedArrayBuffer(SYSCALL_COUNTS_BYTES),
): Float64Array {
  return new Float64Array(buffer, 0, syscallNames.length)
}

/** A snapshot, for records. */
export function syscallCountsByName(counts: Float64Array): Record<SyscallName, number> {
  return Object.fromEntries(syscallNames.map((name, index) => [name, counts[index]])) as Record<
    SyscallName,
    number
  >
}
