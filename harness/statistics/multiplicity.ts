/**
 * The level for each of `comparisons`, so that with probability 1 - alpha none of them errs, however
 * they depend on each other. Source: C. E. Bonferroni (1936); O. J. Dunn, JASA 56 (1961).
 * @throws RangeError unless comparisons is a positive whole number
 */
export function bonferroni(alpha: number, comparisons: number): number {
  if (!Number.isInteger(comparisons) || comparisons < 1) {
    throw new RangeError(`${comparisons} comparisons; there has to be one or more`)
  }
  return alpha / comparisons
}

/**
 * Which of several hypotheses are rejected so that with probability 1 - alpha none is wrongly, however
 * they depend on each other: the smallest p against alpha / m, the next against alpha / (m - 1), and so
 * on until one is kept. Source: S. Holm, Scand. J. Statist. 6 (1979).
 */
export function holm(pValues: readonly number[], alpha: number): boolean[] {
  const order = pValues.map((p, i) => ({ p, i })).sort((one, other) => one.p - other.p)
  const firstKept = order.findIndex(({ p }, rank) => p > bonferroni(alpha, order.length - rank))
  const rejected = new Set(
    order.slice(0, firstKept < 0 ? order.length : firstKept).map(({ i }) => i),
  )
  return pValues.map((_, i) => rejected.has(i))
}
