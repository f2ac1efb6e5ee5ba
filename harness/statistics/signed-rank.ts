/**
 * Wilcoxon's signed-rank statistic T under the null hypothesis: the sum of the ranks 1..n, each
 * counted with probability 1/2. Exact by counting subsets, at every n: no normal approximation.
 * Source: F. Wilcoxon, Biometrics Bulletin 1 (1945); Hollander & Wolfe, Nonparametric Statistical
 * Methods, section 3.1 and table A.4.
 *
 * @returns P(T = t) for t = 0 .. n(n+1)/2
 */
export function signedRankProbabilities(n: number): Float64Array {
  const probabilities = new Float64Array((n * (n + 1)) / 2 + 1)
  probabilities[0] = 1
  let largest = 0
  for (let rank = 1; rank <= n; rank++) {
    largest += rank
    for (let t = largest; t >= 0; t--) {
      probabilities[t] = (probabilities[t] + (t >= rank ? probabilities[t - rank] : 0)) / 2
    }
  }
  return probabilities
}

/**
 * The largest t with P(T ≤ t) ≤ alpha / 2: the two-sided test at level `alpha` rejects at or below
 * it. -1 when even t = 0 is too likely, that is when n is too small for that level.
 */
export function signedRankCritical(n: number, alpha: number): number {
  const probabilities = signedRankProbabilities(n)
  let tail = 0
  let critical = -1
  for (const probability of probabilities) {
    tail += probability
    if (tail > alpha / 2) break
    critical++
  }
  return critical
}

/** The smallest n at which a two-sided level `alpha` can be reached: 2^(1-n) ≤ alpha. */
export function smallestSampleFor(alpha: number): number {
  return Math.ceil(1 - Math.log2(alpha))
}

/**
 * The smallest two-sided level at which the interval of `hodgesLehmann` excludes 0. With n differences
 * there is none below 2^(1-n). Source: Hollander & Wolfe, section 3.1, and 3.3 for the Walsh averages.
 */
export function signedRankP(differences: readonly number[]): number {
  const n = differences.length
  let notAbove = 0
  let notBelow = 0
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) {
      const sum = differences[i] + differences[j]
      if (sum <= 0) notAbove++
      if (sum >= 0) notBelow++
    }
  }
  const t = Math.min(notAbove, notBelow)
  const tail = signedRankProbabilities(n)
    .slice(0, t + 1)
    .reduce((sum, p) => sum + p, 0)
  return Math.min(1, 2 * tail)
}
