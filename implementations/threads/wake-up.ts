/**
 * Wakes one sleeping thread, as Core's `condMsgProc` with `fMsgProcWake` does: a wake-up given
 * while nobody sleeps is kept for the next wait, so none is lost.
 */
export class WakeUp {
  private readonly cell: Int32Array
  private readonly index: number

  constructor(cell: Int32Array, index: number) {
    this.cell = cell
    this.index = index
  }

  /** Callable from any thread. @returns whether the other thread was asleep. */
  wake(): boolean {
    const before = Atomics.exchange(this.cell, this.index, SIGNALLED)
    if (before !== SLEEPING) return false
    Atomics.notify(this.cell, this.index, 1)
    return true
  }

  /** Sleeps until woken or until `timeoutMs` has passed; takes the wake-up. One thread only. */
  wait(timeoutMs: number): void {
    if (Atomics.compareExchange(this.cell, this.index, AWAKE, SLEEPING) === AWAKE) {
      Atomics.wait(this.cell, this.index, SLEEPING, timeoutMs)
    }
    Atomics.store(this.cell, this.index, AWAKE)
  }

  /** Takes a wake-up without sleeping: the thread is about to look at everything anyway. */
  take(): void {
    Atomics.store(this.cell, this.index, AWAKE)
  }
}

const AWAKE = 0
const SIGNALLED = 1
const SLEEPING = 2
