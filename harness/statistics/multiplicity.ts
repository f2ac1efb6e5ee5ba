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
