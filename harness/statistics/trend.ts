import { rankSumProbabilities } from './mann-whitney.ts'

export type Trend =
  /** `tau`: 1 where each value is above the one before, -1 where it is below; ties count as 0. */
  { state: 'tested'; tau: number; p: number } | { state: 'too-few'; needed: number }

/** Below five values even the steadiest rise has a two-sided p above 5 %: 2/4! = 0.083. */
const FEWEST = 5

/**
 * Whether a series rises or falls: Mann and Kendall's test, two-sided and exact at every n, also
 * with ties (over all arrangements of the values there are).
 * Source: H. B. Mann, Econometrica 13 (1945); M. G. Kendall, Rank Correlation Methods, chapter 5;
 * inversions of a multiset: D. E. Knuth, The Art of Computer Programming 3, section 5.1.2.
 */
export function trend(series: readonly number[]): Trend {
  const n = series.length
  if (n < FEWEST) return { state: 'too-few', needed: FEWEST }
  const probabilities = descentProbabilities(tieSizes(series))
  const distinctPairs = probabilities.length - 1
  const rises = distinctPairs - 2 * descents(series)
  const atLeastAsFar = (_: number, down: number) =>
    Math.abs(distinctPairs - 2 * down) >= Math.abs(rises)
  const p = probabilities.filter(atLeastAsFar).reduce((sum, probability) => sum + probability, 0)
  return { state: 'tested', tau: rises / ((n * (n - 1)) / 2), p: Math.min(1, p) }
}

/** Pairs of which the later is the smaller. */
function descents(series: readonly number[]): number {
  return series.reduce(
    (sum, value, i) => sum + series.slice(0, i).filter(earlier => earlier > value).length,
    0,
  )
}

function tieSizes(series: readonly number[]): number[] {
  const sizes = new Map<number, number>()
  for (const value of series) sizes.set(value, (sizes.get(value) ?? 0) + 1)
  return [...sizes.values()]
}

/**
 * P(d descents) over all arrangements: where the members of one group fall among those of the groups
 * before it is independent of the order of those, and counts as Mann and Whitney's U.
 */
function descentProbabilities(groups: readonly number[]): Float64Array {
  let placed = 0
  let probabilities = Float64Array.of(1)
  for (const size of groups) {
    probabilities = convolved(probabilities, rankSumProbabilities(placed, size))
    placed += size
  }
  return probabilities
}

function convolved(one: Float64Array, other: Float64Array): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(one.length + other.length - 1)
  for (const [i, p] of one.entries()) {
    for (const [j, q] of other.entries()) sums[i + j] += p * q
  }
  return sums
}
