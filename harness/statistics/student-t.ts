/**
 * P(-t ≤ T ≤ t) of Student's distribution with a whole number of degrees of freedom, by its finite
 * series. Source: Abramowitz & Stegun 26.7.3 and 26.7.4.
 */
export function studentCentralProbability(t: number, degreesOfFreedom: number): number {
  const theta = Math.atan(t / Math.sqrt(degreesOfFreedom))
  const cosSquared = Math.cos(theta) ** 2
  const odd = degreesOfFreedom % 2 === 1
  let term = odd ? Math.cos(theta) : 1
  let series = 0
  for (let k = odd ? 3 : 2; k <= degreesOfFreedom; k += 2) {
    series += term
    term *= (cosSquared * (k - 1)) / k
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * series) : Math.sin(theta) * series
}

/** The value below which Student's T falls with probability `p`, 0 < p < 1; by bisection. */
export function studentQuantile(p: number, degreesOfFreedom: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, degreesOfFreedom)
  const central = 2 * p - 1
  let low = 0
  let high = 1
  while (studentCentralProbability(high, degreesOfFreedom) < central) high *= 2
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (studentCentralProbability(middle, degreesOfFreedom) < central) low = middle
    else high = middle
  }
}

export interface MeanInterval {
  mean: number
  low: number
  high: number
}

/** Student's interval for the mean of paired differences; needs two of them or more. */
export function pairedTInterval(differences: readonly number[], alpha = 0.05): MeanInterval {
  const n = differences.length
  const { mean, deviation } = meanAndDeviation(differences)
  const halfWidth = (studentQuantile(1 - alpha / 2, n - 1) * deviation) / Math.sqrt(n)
  return { mean, low: mean - halfWidth, high: mean + halfWidth }
}

/**
 * Welch's interval for how far the mean of `values` lies above that of `baseline`; needs two of each.
 * Welch and Satterthwaite's degrees of freedom are rounded down, which widens it a little.
 * Source: B. L. Welch, Biometrika 34 (1947).
 */
export function welchInterval(
  values: readonly number[],
  baseline: readonly number[],
  alpha = 0.05,
): MeanInterval {
  const one = meanAndVarianceOfMean(values)
  const other = meanAndVarianceOfMean(baseline)
  const mean = one.mean - other.mean
  const variance = one.variance + other.variance
  if (variance === 0) return { mean, low: mean, high: mean }
  const shares =
    (one.variance / variance) ** 2 / (values.length - 1) +
    (other.variance / variance) ** 2 / (baseline.length - 1)
  const halfWidth = studentQuantile(1 - alpha / 2, Math.floor(1 / shares)) * Math.sqrt(variance)
  return { mean, low: mean - halfWidth, high: mean + halfWidth }
}

function meanAndVarianceOfMean(values: readonly number[]): { mean: number; variance: number } {
  const { mean, deviation } = meanAndDeviation(values)
  return { mean, variance: deviation ** 2 / values.length }
}

/** Mean and sample standard deviation (divisor n - 1) of two values or more. */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const n = values.length
  if (n < 2) throw new RangeError(`a standard deviation needs two values, there are ${n}`)
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / (n - 1)) }
}
