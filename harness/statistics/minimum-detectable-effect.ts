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
