/**
 * The mean of what is left after dropping the lowest and the highest `fraction` of the values
 * (rounded down, so that a handful of values loses none). Throws on an empty list.
 * A fifth from each end is the usual choice: R. Wilcox, Introduction to Robust Estimation, 3.3.
 */
export function trimmedMean(values: readonly number[], fraction = 0.2): number {
  if (values.length === 0) throw new RangeError('the mean of nothing was asked for')
  const dropped = Math.floor(values.length * fraction)
  const kept = Float64Array.from(values)
    .sort()
    .subarray(dropped, values.length - dropped)
  return kept.reduce((sum, value) => sum + value, 0) / kept.length
}
