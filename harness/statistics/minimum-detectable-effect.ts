import { meanAndDeviation, studentQuantile } from './student-t.ts'

/**
 * The smallest true effect that a two-sided 5 % test on as many differences of the same spread
 * would find in nine runs of ten: (t[.975] + t[.90]) s / √n, in the unit of the differences.
 * Needs two differences or more. Source: J. M. Bloom, Evaluation Review 19 (1995).
 */
export function minimumDetectableEffect(differences: readonly number[]): number {
  const n = differences.length
  const { deviation } = meanAndDeviation(differences)
  const multiple = studentQuantile(0.975, n - 1) + studentQuantile(0.9, n - 1)
  return (multiple * deviation) / Math.sqrt(n)
}

/**
 * How many rounds it takes until the minimum detectable effect is `effect`, when differences have the
 * standard deviation `deviation`, in the same unit: (z[.975] + z[.90])² (s/θ)² + 2, the 2 for having
 * to estimate s, right to within one round; never below six, where no exact interval exists.
 * Source: Guenther, The American Statistician 35 (1981).
 * @throws RangeError unless the effect is above 0
 */
export function roundsFor(effect: number, deviation: number): number {
  if (!(effect > 0))
    throw new RangeError(`an effect of ${effect} cannot be found; name one above 0`)
  return Math.max(6, Math.ceil(10.507 * (deviation / effect) ** 2 + 2))
}
