import type { SpinLoop } from './spin-loop.ts'

/** One in so many spins is timed, which makes each of them 10 ns longer on average. */
const EVERY = 16
const CLOCK_READINGS = 1_000

/**
 * A planted slowdown that knows its own size. Where it happens, right behind a system call and beside a
 * busy driver, a turn takes a fifth more time than in a loop by itself, so it is timed there.
 */
export class TimedSpins {
  readonly #loop: SpinLoop
  readonly #turns: number
  readonly #timed: (ns: number) => void
  readonly #nowMs: () => number
  readonly #clockNs: number
  #untimed = 0
  #leastNs = Number.POSITIVE_INFINITY

  /** @param timed is told how long a spin took, what reading the clock takes left out */
  constructor(
    loop: SpinLoop,
    turns: number,
    timed: (ns: number) => void,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#loop = loop
    this.#turns = turns
    this.#timed = timed
    this.#nowMs = nowMs
    this.#clockNs = this.#shortestReadingNs()
  }

  spin(): void {
    this.#untimed++
    if (this.#untimed < EVERY) return this.#loop.spin(this.#turns)
    this.#untimed = 0
    // The first reading after a system call takes longer than those behind it.
    this.#nowMs()
    const startMs = this.#nowMs()
    this.#loop.spin(this.#turns)
    const ns = 1e6 * (this.#nowMs() - startMs)
    this.#leastNs = Math.min(this.#leastNs, ns)
    // Of twice the shortest and more the kernel had a part: another thread ran meanwhile.
    if (this.#turns > 0 && ns <= 2 * this.#leastNs) this.#timed(ns - this.#clockNs)
  }

  /** The shortest of some readings one after the other. */
  #shortestReadingNs(): number {
    let leastNs = Number.POSITIVE_INFINITY
    for (let i = 0; i < CLOCK_READINGS; i++) {
      const startMs = this.#nowMs()
      leastNs = Math.min(leastNs, 1e6 * (this.#nowMs() - startMs))
    }
    return leastNs
  }
}
