import type { PushOptions } from '../service-options.ts'
import { PushSchedule } from './schedule.ts'

/**
 * When a source pushes: so many messages as were asked for, each at its moment of the schedule, and
 * nothing in between. A moment that is missed is not moved: its message is pushed late, and says so.
 *
 *     quiet -- request --> pushing -- the last one was pushed, or nobody listens --> quiet
 */
export class PushPace {
  private readonly schedule: PushSchedule
  /** Messages still to push; quiet when there are none. */
  private left = 0
  /** The moment of the next one, CLOCK_MONOTONIC. */
  private nextNs = 0

  constructor({ seed, meanIntervalUs }: PushOptions) {
    this.schedule = new PushSchedule(seed, meanIntervalUs * 1000)
  }

  /** Replaces what is left to push. A quiet source starts one interval from now. */
  request(messages: number, nowNs: number): void {
    if (this.left === 0) this.nextNs = nowNs + this.schedule.nextIntervalNs()
    this.left = messages
  }

  /** Nobody listens any more. */
  silence(): void {
    this.left = 0
  }

  /** How long nothing is to be pushed: 0 when it is time, infinite when quiet. */
  waitNs(nowNs: number): number {
    return this.left === 0 ? Number.POSITIVE_INFINITY : Math.max(0, this.nextNs - nowNs)
  }

  /** A message is pushed now. @returns the moment that was intended for it */
  take(): number {
    const intendedNs = this.nextNs
    this.left--
    if (this.left > 0) this.nextNs += this.schedule.nextIntervalNs()
    return intendedNs
  }
}
