/**
 * A mutex in shared memory (Drepper, "Futexes Are Tricky", mutex2): an uncontended lock or unlock
 * is one atomic operation, and only a contended one sleeps or wakes.
 */
export class Mutex {
  private readonly cell: Int32Array
  private readonly index: number

  constructor(cell: Int32Array, index: number) {
    this.cell = cell
    this.index = index
  }

  lock(): void {
    if (Atomics.compareExchange(this.cell, this.index, FREE, LOCKED) !== FREE) this.lockContended()
  }

  unlock(): void {
    if (Atomics.exchange(this.cell, this.index, FREE) === CONTENDED) {
      Atomics.notify(this.cell, this.index, 1)
    }
  }

  private lockContended(): void {
    while (Atomics.exchange(this.cell, this.index, CONTENDED) !== FREE) {
      Atomics.wait(this.cell, this.index, CONTENDED)
    }
  }
}

const FREE = 0
const LOCKED = 1
const CONTENDED = 2
