import { clopperPearson } from '../statistics/binomial-bound.ts'
import type { Interval } from '../statistics/verdict.ts'

/** `interval` has 95 %, exact; null of nothing. */
export interface Share {
  successes: number
  trials: number
  interval: Interval | null
}

export function shareOf<T>(all: readonly T[], isOne: (item: T) => boolean): Share {
  const successes = all.filter(isOne).length
  const trials = all.length
  return { successes, trials, interval: trials === 0 ? null : clopperPearson(successes, trials) }
}
