import { EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../sock/errno.ts'
import { Counter } from '../threads/counters.ts'

/** Of two poll timeouts: descriptors come free when connections close, which takes no less. */
const ACCEPT_PAUSE_MS = 100

/**
 * A listener whose accept(2) failed for want of descriptors or memory stays ready, and a loop that
 * polls it on would spin: it is left out of the wait set for a while.
 */
export class AcceptPause {
  private overAtMs = 0

  /** Once it is over, the clock is not read any more. */
  takeIsOver(): boolean {
    if (this.overAtMs === 0) return true
    if (performance.now() < this.overAtMs) return false
    this.overAtMs = 0
    return true
  }

  failed(errno: number, counts: Float64Array): void {
    if (!exhausted.includes(errno)) return
    this.overAtMs = performance.now() + ACCEPT_PAUSE_MS
    counts[Counter.acceptPauses]++
  }
}

const exhausted: readonly number[] = [EMFILE, ENFILE, ENOBUFS, ENOMEM]
