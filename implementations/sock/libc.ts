import koffi from 'koffi'

/**
 * The C library functions this project calls, and nothing else: the only file that knows the FFI.
 * Each answers as in C; after an answer below zero, and before any other call of this thread,
 * `errno()` tells why. Memory is a `Uint8Array` (its bytes are passed without a copy, also those
 * of a SharedArrayBuffer) or, where a call is hot enough to save the 40 ns of looking into a
 * Uint8Array, an address from `addressOf`.
 */
export interface Libc {
  socket(family: number, type: number, protocol: number): number
  bind(fd: number, sockaddr: Uint8Array, sizeBytes: number): number
  listen(fd: number, backlog: number): number
  getsockname(fd: number, sockaddr: Uint8Array, sizeBytes: Uint8Array): number
  accept4(fd: number, sockaddr: Uint8Array, sizeBytes: Uint8Array, flags: number): number
  connect(fd: number, sockaddr: Uint8Array, sizeBytes: number): number
  recv(fd: number, buffer: Uint8Array, sizeBytes: number, flags: number): number
  send(fd: number, data: Uint8Array, sizeBytes: number, flags: number): number
  sendmsg(fd: number, msghdrAddress: number, flags: number): number
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, sizeBytes: number): number
  getsockopt(
    fd: number,
    level: number,
    name: number,
    value: Uint8Array,
    sizeBytes: Uint8Array,
  ): number
  shutdown(fd: number, how: number): number
  close(fd: number): number
  poll(pollfdsAddress: number, count: number, timeoutMs: number): number
  eventfd(initial: number, flags: number): number
  read(fd: number, buffer: Uint8Array, sizeBytes: number): number
  write(fd: number, data: Uint8Array, sizeBytes: number): number
  prctl(option: number, argument: Uint8Array): number
  /** prctl, for the options whose argument is no address. */
  prctlNumber(option: number, argument: number): number
  schedGetaffinity(threadId: number, maskBytes: number, mask: Uint8Array): number
  schedSetaffinity(threadId: number, maskBytes: number, mask: Uint8Array): number
  schedSetscheduler(threadId: number, policy: number, schedParam: Uint8Array): number
  /** Of glibc only. */
  readonly mallopt: ((parameter: number, value: number) => number) | undefined
  /** Why the last call failed. */
  errno(): number
}

export class UnsupportedPlatformError extends Error {
  override readonly name = 'UnsupportedPlatformError'
}

/**
 * Constants and structures here are those of Linux on x64 and arm64 (the two agree).
 * @throws UnsupportedPlatformError anywhere else
 */
export function requireSupportedPlatform(
  platform: string = process.platform,
  arch: string = process.arch,
): void {
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return
  throw new UnsupportedPlatformError(
    `sockbench runs on Linux x64 and arm64, not on ${platform} ${arch}; use such a machine, container or VM`,
  )
}

let loaded: Libc | undefined

/**
 * The C library this process already runs on, glibc or musl.
 * @throws UnsupportedPlatformError
 */
export function libc(): Libc {
  loaded ??= loadLibc()
  return loaded
}

/**
 * Where the bytes lie. The backing store of a buffer does not move; it stays as long as something
 * refers to the buffer. A user-space address is below 2^53, so a number holds it exactly.
 */
export function addressOf(bytes: Uint8Array): number {
  return Number(koffi.address(bytes))
}

function loadLibc(): Libc {
  requireSupportedPlatform()
  const library = koffi.load(null)
  return {
    socket: library.func('int socket(int, int, int)'),
    bind: library.func('int bind(int, uint8_t *, uint32_t)'),
    listen: library.func('int listen(int, int)'),
    getsockname: library.func('int getsockname(int, uint8_t *, uint8_t *)'),
    accept4: library.func('int accept4(int, uint8_t *, uint8_t *, int)'),
    connect: library.func('int connect(int, uint8_t *, uint32_t)'),
    recv: library.func('intptr_t recv(int, uint8_t *, size_t, int)'),
    send: library.func('intptr_t send(int, uint8_t *, size_t, int)'),
    sendmsg: library.func('intptr_t sendmsg(int, uintptr_t, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, uint8_t *, uint32_t)'),
    getsockopt: library.func('int getsockopt(int, int, int, uint8_t *, uint8_t *)'),
    shutdown: library.func('int shutdown(int, int)'),
    close: library.func('int close(int)'),
    poll: library.func('int poll(uintptr_t, unsigned long, int)'),
    eventfd: library.func('int eventfd(unsigned int, int)'),
    read: library.func('intptr_t read(int, uint8_t *, size_t)'),
    write: library.func('intptr_t write(int, uint8_t *, size_t)'),
    prctl: library.func('int prctl(int, uint8_t *)'),
    prctlNumber: library.func('int prctl(int, unsigned long)'),
    schedGetaffinity: library.func('int sched_getaffinity(int, size_t, uint8_t *)'),
    schedSetaffinity: library.func('int sched_setaffinity(int, size_t, uint8_t *)'),
    schedSetscheduler: library.func('int sched_setscheduler(int, int, uint8_t *)'),
    mallopt: findMallopt(library),
    errno: () => koffi.errno(),
  }
}

function findMallopt(library: ReturnType<typeof koffi.load>): Libc['mallopt'] {
  try {
    return library.func('int mallopt(int, int)')
  } catch {
    return undefined // musl has none
  }
}
