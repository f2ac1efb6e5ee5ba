/** The middle value, or the mean of the two middle ones. Throws on an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of nothing was asked for')
  return medianOfSorted(Float64Array.from(values).sort())
}

/** The same for values in ascending order, without copying them. */
export function medianOfSorted(sorted: Float64Array): number {
  const upper = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[upper] : (sorted[upper - 1] + sorted[upper]) / 2
}

export interface MedianInterval {
  low: number
  high: number
  /** `range` is smallest and largest: below six values no 95 % interval exists. */
  interval: 'exact95' | 'range'
}

/**
 * An interval of at least 95 % for the median from order statistics: [x(k), x(n+1-k)] with the
 * largest k for which 2 P(Binomial(n, 1/2) < k) ≤ 0.05.
 * Source: David & Nagaraja, Order Statistics, section 7.1.
 */
export function medianInterval(values: readonly number[]): MedianInterval {
  const sorted = Float64Array.from(values).sort()
  const n = sorted.length
  let k = 0
  let probability = 0.5 ** n
  let below = probability
  while (2 * below <= 0.05) {
    k++
    probability *= (n - k + 1) / k
    below += probability
  }
  if (k === 0) return { low: sorted[0], high: sorted[n - 1], interval: 'range' }
  return { low: sorted[k - 1], high: sorted[n - k], interval: 'exact95' }
}
