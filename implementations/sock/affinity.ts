import { describeErrno } from './errno.ts'
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
 * Pins the calling thread. Threads and processes it starts from now on inherit this.
 * @throws Error where none of them exists or is allowed; then nothing has changed
 */
export function setAffinity(cpus: readonly number[]): void {
  const mask = new Uint8Array(MASK_BYTES)
  for (const cpu of cpus) mask[cpu >> 3] |= 1 << (cpu & 7)
  if (libc().schedSetaffinity(CALLING_THREAD, MASK_BYTES, mask) < 0) {
    const reason = describeErrno(libc().errno())
    throw new Error(
      `cannot pin to CPU ${cpus.join(',')}: ${reason}; allowed: ${getAffinity().join(',')}`,
    )
  }
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
