import { mulberry32 } from '../../scenarios/random.ts'

/** Any moment will do, as long as it is the same for every backend: 2026-01-01. */
const EPOCH_MS = 1_767_225_600_000

/**
 * Time that passes only when somebody sleeps, and chance that a seed decides: while `during` runs, every
 * clock that a backend reads is this one, a sleep ends at once and is added to it, and `Math.random`
 * repeats. A sleep without an end is a deadlock, since nothing else runs meanwhile; unless something is
 * to run `meanwhile`.
 *
 * It replaces globals of the process, so that backends are simulated as they are: what runs under it must
 * be synchronous.
 */
export class SimulatedTime {
  /** What others do while a thread sleeps, until it may wake up; their own sleeps just pass time. */
  meanwhile: ((isOver: () => boolean) => void) | undefined
  private elapsedMs = 0
  private readonly random: () => number

  constructor(seed: number) {
    this.random = mulberry32(seed)
  }

  get nowMs(): number {
    return this.elapsedMs
  }

  pass(milliseconds: number): void {
    this.elapsedMs += milliseconds
  }

  during<T>(run: () => T): T {
    const restorers = [
      replace(performance, 'now', () => this.elapsedMs),
      replace(Date, 'now', () => EPOCH_MS + this.elapsedMs),
      replace(process, 'hrtime', () => this.hrtime()),
      replace(Atomics, 'wait', (cells: Int32Array, index: number, value: number, ms?: number) =>
        this.sleep(cells, index, value, ms),
      ),
      replace(Math, 'random', this.random),
    ]
    try {
      return run()
    } finally {
      for (const restore of restorers) restore()
    }
  }

  private hrtime(): [number, number] {
    const seconds = Math.floor(this.elapsedMs / 1000)
    return [seconds, Math.round((this.elapsedMs - seconds * 1000) * 1e6)]
  }

  private sleep(cells: Int32Array, index: number, value: number, ms = Number.POSITIVE_INFINITY) {
    if (Atomics.load(cells, index) !== value) return 'not-equal'
    if (ms === Number.POSITIVE_INFINITY) throw new Deadlock()
    const { meanwhile } = this
    if (meanwhile === undefined) {
      this.elapsedMs += ms
      return 'timed-out'
    }
    const overMs = this.elapsedMs + ms
    this.meanwhile = undefined
    meanwhile(() => Atomics.load(cells, index) !== value || this.elapsedMs >= overMs)
    this.meanwhile = meanwhile
    return Atomics.load(cells, index) === value ? 'timed-out' : 'ok'
  }
}

/** The only thread there is waits for another. */
class Deadlock extends Error {
  constructor() {
    super('a mutex is locked by who waits for it')
  }
}

/** @returns what puts the original back */
export function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(owner, name, { value, configurable: true, writable: true })
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name)
    else Object.defineProperty(owner, name, before)
  }
}
