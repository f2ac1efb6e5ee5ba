/**
 * CPU time that does nothing: each turn is a step of xorshift32, which needs the one before, and the
 * last result is kept, so that no compiler can leave any out. A turn takes some nanoseconds.
 *
 * Source: G. Marsaglia, Journal of Statistical Software 8 (2003).
 */
export class SpinLoop {
  #state = 2_463_534_242 | 0

  /** Where the arithmetic has got to; from 0 to 2^32 - 1. */
  get state(): number {
    return this.#state >>> 0
  }

  spin(turns: number): void {
    let x = this.#state
    for (let i = 0; i < turns; i++) {
      x ^= x << 13
      x ^= x >>> 17
      x ^= x << 5
    }
    this.#state = x
  }
}
