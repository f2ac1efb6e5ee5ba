import { studentQuantile } from '../statistics/student-t.ts'
import { type DeviationInterval, deviationInterval } from './deviation.ts'

/** For so many rounds it is said how wide an interval would be, or was. */
export const PLANNED_ROUNDS = 32

/** How differences of single rounds scatter, in per cent. */
export interface Spread {
  rounds: number
  /** Null below two rounds. */
  deviation: DeviationInterval | null
  /**
   * Half of what a 95 % interval would be wide after `PLANNED_ROUNDS` such rounds, were they normal;
   * `low` and `high` from those of the deviation.
   */
  expectedHalfWidth: { estimate: number; low: number; high: number } | null
}

export function spreadOf(percents: readonly number[]): Spread {
  const rounds = percents.length
  if (rounds < 2) return { rounds, deviation: null, expectedHalfWidth: null }
  const interval = deviationInterval(percents)
  const factor = studentQuantile(0.975, PLANNED_ROUNDS - 1) / Math.sqrt(PLANNED_ROUNDS)
  const { deviation, low, high } = interval
  return {
    rounds,
    deviation: interval,
    expectedHalfWidth: { estimate: factor * deviation, low: factor * low, high: factor * high },
  }
}
