import { readdirSync } from 'node:fs'
import { describeErrno, ESRCH } from './errno.ts'
import { libc } from './libc.ts'

/** Room for 8192 CPUs, the most that Linux can be built for. */
const MASK_BYTES = 1024
const CALLING_THREAD = 0

/** The CPUs the calling thread may run on, ascending. */
export function getAffinity(): number[] {
  const mask = new Uint8Array(MASK_BYTES)
  if (libc().schedGetaffinity(CALLING_THREAD, MASK_BYTES, mask) < 0) {
    throw new Error(`cannot read the CPU affinity: ${describeErrno(libc().errno())}`)
  }
  const cpus: number[] = []
  for (let cpu = 0; cpu < 8 * MASK_BYTES; cpu++) {
    if (mask[cpu >> 3] & (1 << (cpu & 7))) cpus.push(cpu)
  }
  return cpus
}

/**
 * Pins every thread that a process has now, and with them those that they start from now on.
 * @throws Error where none of the CPUs exists or is allowed
 */
export function pinProcess(pid: number, cpus: readonly number[]): void {
  const pinned = new Set<string>()
  for (;;) {
    const unpinned = readdirSync(`/proc/${pid}/task`).filter(tid => !pinned.has(tid))
    if (unpinned.length === 0) return
    for (const tid of unpinned) {
      pinThread(Number(tid), cpus)
      pinned.add(tid)
    }
  }
}

/**
 * Pins the calling thread. Threads and processes it starts from now on inherit this.
 * @throws Error where none of them exists or is allowed; then nothing has changed
 */
export function setAffinity(cpus: readonly number[]): void {
  pinThread(CALLING_THREAD, cpus)
}

function pinThread(tid: number, cpus: readonly number[]): void {
  const mask = new Uint8Array(MASK_BYTES)
  for (const cpu of cpus) mask[cpu >> 3] |= 1 << (cpu & 7)
  const kernel = libc()
  if (kernel.schedSetaffinity(tid, MASK_BYTES, mask) === 0) return
  const error = kernel.errno()
  if (error === ESRCH) return // the thread has ended
  throw new Error(
    `cannot pin to CPU ${cpus.join(',')}: ${describeErrno(error)}; allowed: ${getAffinity().join(',')}`,
  )
}

/**
 * Runs `start` with the calling thread pinned to `cpus`, and unpins it again: how a child process
 * starts pinned. `start` must be synchronous; what it started keeps its CPUs.
 */
export function withAffinity<T>(cpus: readonly number[], start: () => T): T {
  const before = getAffinity()
  setAffinity(cpus)
  try {
    return start()
  } finally {
    setAffinity(before)
  }
}
