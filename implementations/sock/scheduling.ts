import { describeErrno } from './errno.ts'
import { libc } from './libc.ts'

/** linux/sched.h */
const SCHED_FIFO = 1
const LOWEST_PRIORITY = 1

/**
 * Lets a thread run as soon as it is ready, before every ordinary thread of its CPU: sched(7). That
 * takes CAP_SYS_NICE, or a limit (`ulimit -r`) above 0.
 * @returns why it may not, or null
 */
export function makeRealTime(tid: number): string | null {
  const schedParam = new Uint8Array(new Int32Array([LOWEST_PRIORITY]).buffer)
  const kernel = libc()
  if (kernel.schedSetscheduler(tid, SCHED_FIFO, schedParam) === 0) return null
  return describeErrno(kernel.errno())
}
