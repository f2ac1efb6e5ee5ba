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
  const isWithin = ({ low, high }: Interval) => -margin < low && high < margin
  const withinMargin = isWithin(interval) && isWithin(crossCheck)
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

/**
 * Of a gate that tolerates `toleratedPercent` more (γ = ln(1 + x / 100), and 0 is allowed): red when
 * the cost has surely risen by more, green when it surely has not, neutral when either may be.
 * Touching γ decides nothing. Non-inferiority: Piaggio et al., JAMA 308 (2012), figure 1.
 * @throws RangeError for a negative tolerance
 */
export function gateColour(
  { low, high }: Interval,
  toleratedPercent: number,
): 'red' | 'green' | 'neutral' {
  if (!(toleratedPercent >= 0)) {
    throw new RangeError(`a gate cannot tolerate ${toleratedPercent} %; name 0 or more`)
  }
  const tolerated = Math.log1p(toleratedPercent / 100)
  if (low > tolerated) return 'red'
  return high < tolerated ? 'green' : 'neutral'
}
