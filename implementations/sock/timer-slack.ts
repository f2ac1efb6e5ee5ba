import { describeErrno } from './errno.ts'
import { libc } from './libc.ts'

const PR_SET_TIMERSLACK = 29

/**
 * How late the kernel may wake the calling thread from a timed sleep, so as to wake it less often:
 * 50,000 ns unless set. Threads that it starts inherit its own.
 * @param slackNs above 0
 */
export function setTimerSlack(slackNs: number): void {
  if (libc().prctlNumber(PR_SET_TIMERSLACK, slackNs) < 0) {
    throw new Error(`cannot set the timer slack: ${describeErrno(libc().errno())}`)
  }
}
