import { medianOfSorted } from './median.ts'
import { signedRankCritical, smallestSampleFor } from './signed-rank.ts'

export type LocationEstimate =
  | { state: 'estimated'; estimate: number; low: number; high: number }
  | { state: 'too-few'; estimate: number; needed: number }

/**
 * Where differences are centred: the median of their Walsh averages, with the interval that
 * inverting the exact signed-rank test gives, of at least 1 - alpha for any symmetric distribution.
 * Nothing is dropped: a difference of 0 is a difference like any other, and with ties and zeros the
 * interval, its ends included, covers at least as often. Differences that are all equal give an
 * interval of width zero, which is legitimate: the data hold no variation. Throws on an empty list.
 *
 * Source: Hodges & Lehmann, Ann. Math. Statist. 34 (1963); the interval: Hollander & Wolfe,
 * section 3.3 (Tukey).
 */
export function hodgesLehmann(differences: readonly number[], alpha = 0.05): LocationEstimate {
  const n = differences.length
  if (n === 0) throw new RangeError('the centre of no differences was asked for')
  const averages = walshAverages(differences)
  const estimate = medianOfSorted(averages)
  const critical = signedRankCritical(n, alpha)
  if (critical < 0) return { state: 'too-few', estimate, needed: smallestSampleFor(alpha) }
  return {
    state: 'estimated',
    estimate,
    low: averages[critical],
    high: averages[averages.length - 1 - critical],
  }
}

/** (x_i + x_j) / 2 for all i ≤ j, ascending. */
function walshAverages(values: readonly number[]): Float64Array {
  const averages = new Float64Array((values.length * (values.length + 1)) / 2)
  let filled = 0
  for (let i = 0; i < values.length; i++) {
    for (let j = i; j < values.length; j++) averages[filled++] = (values[i] + values[j]) / 2
  }
  return averages.sort()
}
