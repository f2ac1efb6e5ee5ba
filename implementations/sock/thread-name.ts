import { describeErrno } from './errno.ts'
import { libc } from './libc.ts'

const PR_SET_NAME = 15
/** TASK_COMM_LEN without the terminating zero; the kernel would cut the rest off silently. */
const MAX_NAME_BYTES = 15

/**
 * Names the calling thread, as `/proc/PID/task/TID/comm` shows it.
 * @throws RangeError for more than 15 bytes, or a zero byte
 */
export function setThreadName(name: string): void {
  const bytes = new TextEncoder().encode(`${name}\0`)
  if (bytes.length > MAX_NAME_BYTES + 1 || name.includes('\0')) {
    throw new RangeError(`thread name "${name}" is longer than ${MAX_NAME_BYTES} bytes`)
  }
  if (libc().prctl(PR_SET_NAME, bytes) < 0) {
    throw new Error(`cannot name the thread "${name}": ${describeErrno(libc().errno())}`)
  }
}
