export interface Interval {
  low: number
  high: number
}

export type Judgement =
  | { verdict: 'faster' | 'slower' | 'equivalent'; withinMargin: boolean }
  | { verdict: 'inconclusive'; withinMargin: boolean; reason?: 'tail' }

/**
 * What an interval of the log ratio of two costs allows to say, against a margin of `marginPercent`.
 * The margin is δ = ln(1 + marginPercent / 100), on both sides of 0. `slower` and `faster` may well
 * lie within the margin: both are then said. When the cross-check (Student's interval of the same
 * differences) would say otherwise, a heavy tail is at work and nothing is concluded.
 */
export function judge(interval: Interval, crossCheck: Interval, marginPercent: number): Judgement {
  const margin = Math.log1p(marginPercent / 100)
  const withinMargin = -margin < interval.low && interval.high < margin
  const verdict = verdictOf(interval, margin)
  if (verdict !== verdictOf(crossCheck, margin)) {
    return { verdict: 'inconclusive', withinMargin, reason: 'tail' }
  }
  return { verdict, withinMargin }
}

function verdictOf({ low, high }: Interval, margin: number) {
  if (low > 0) return 'slower'
  if (high < 0) return 'faster'
  return -margin < low && high < margin ? 'equivalent' : 'inconclusive'
}
