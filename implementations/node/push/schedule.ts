/**
 * The seeded schedule of pushes: moments at random, independent of each other (a Poisson process),
 * so that they meet the socket thread's loop at any point of its sleep.
 */
export class PushSchedule {
  private readonly meanIntervalNs: number
  /** Of mulberry32, Tommy Ettinger's generator. */
  private state: number

  constructor(seed: number, meanIntervalNs: number) {
    this.state = seed | 0
    this.meanIntervalNs = meanIntervalNs
  }

  /** From one intended moment to the next: exponentially distributed, whole ns. */
  nextIntervalNs(): number {
    return Math.round(-this.meanIntervalNs * Math.log1p(-this.nextUniform()))
  }

  /** In [0, 1). */
  private nextUniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
