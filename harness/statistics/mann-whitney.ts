import type { LocationEstimate } from './hodges-lehmann.ts'
import { medianOfSorted } from './median.ts'

/**
 * How far `values` lie above `baseline`, two samples that share no rounds: the median of all m·n
 * differences, with the interval that inverting the exact rank-sum test gives, of at least 1 - alpha
 * when the two distributions differ by a shift alone. Ties only widen it in coverage; two samples
 * without variation give an interval of width zero. `needed` is what each of two samples of one size
 * needs. Throws on an empty sample.
 *
 * Source: Hodges & Lehmann, Ann. Math. Statist. 34 (1963); the interval: Hollander & Wolfe,
 * section 4.3 (Moses).
 */
export function hodgesLehmannShift(
  values: readonly number[],
  baseline: readonly number[],
  alpha = 0.05,
): LocationEstimate {
  if (values.length === 0 || baseline.length === 0) {
    throw new RangeError('the shift between two samples was asked for, and one of them is empty')
  }
  const shifts = Float64Array.from(values.flatMap(y => baseline.map(x => y - x))).sort()
  const estimate = medianOfSorted(shifts)
  const critical = rankSumCritical(values.length, baseline.length, alpha)
  if (critical < 0) return { state: 'too-few', estimate, needed: smallestEqualSizes(alpha) }
  return {
    state: 'estimated',
    estimate,
    low: shifts[critical],
    high: shifts[shifts.length - 1 - critical],
  }
}

/** The largest u with P(U ≤ u) ≤ alpha / 2, or -1. */
export function rankSumCritical(m: number, n: number, alpha: number): number {
  let tail = 0
  let critical = -1
  for (const probability of rankSumProbabilities(m, n)) {
    tail += probability
    if (tail > alpha / 2) break
    critical++
  }
  return critical
}

/**
 * Mann and Whitney's U under the null hypothesis: how many of the m·n pairs are in descending order,
 * when all arrangements of the two samples are equally likely. Exact, by their recursion.
 * Source: Mann & Whitney, Ann. Math. Statist. 18 (1947).
 *
 * @returns P(U = u) for u = 0 .. m·n
 */
export function rankSumProbabilities(m: number, n: number): Float64Array {
  // rows[j] is the distribution for i and j elements; the largest is of the one sample or the other.
  let rows = Array.from({ length: n + 1 }, () => Float64Array.of(1))
  for (let i = 1; i <= m; i++) {
    const next = [Float64Array.of(1)]
    for (let j = 1; j <= n; j++) {
      next.push(
        Float64Array.from({ length: i * j + 1 }, (_, u) => {
          const ofFirst = (u >= j ? (rows[j][u - j] ?? 0) : 0) * (i / (i + j))
          const ofSecond = (next[j - 1][u] ?? 0) * (j / (i + j))
          return ofFirst + ofSecond
        }),
      )
    }
    rows = next
  }
  return rows[n]
}

/** The smallest k for which one of the C(2k, k) arrangements is rare enough: 2 / C(2k, k) ≤ alpha. */
function smallestEqualSizes(alpha: number): number {
  let k = 1
  for (let arrangements = 2; 2 / arrangements > alpha; k++) {
    arrangements *= (2 * (2 * k + 1)) / (k + 1)
  }
  return k
}
