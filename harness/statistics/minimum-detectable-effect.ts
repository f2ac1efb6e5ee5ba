import { normalTail } from './normal.ts'
import { smallestSampleFor } from './signed-rank.ts'
import { meanAndDeviation, studentQuantile } from './student-t.ts'

/** What is called detectable is missed in one run of ten. */
const MISSED = 0.1

/**
 * The smallest true effect that a test on as many differences of the same spread, at the two-sided
 * level `alpha`, would find in nine runs of ten: (t[1 - α/2] + t[.90]) s / √n, in the unit of the
 * differences. Needs two differences or more. Source: J. M. Bloom, Evaluation Review 19 (1995).
 */
export function minimumDetectableEffect(differences: readonly number[], alpha = 0.05): number {
  const n = differences.length
  const { deviation } = meanAndDeviation(differences)
  const multiple = studentQuantile(1 - alpha / 2, n - 1) + studentQuantile(1 - MISSED, n - 1)
  return (multiple * deviation) / Math.sqrt(n)
}

/**
 * How many rounds it takes until the minimum detectable effect is `effect`, when differences have the
 * standard deviation `deviation`, in the same unit: (z[1 - α/2] + z[.90])² (s/θ)² + z[1 - α/2]² / 2, the
 * latter for having to estimate s, right to within one round; never fewer than an exact interval takes.
 * Source: Guenther, The American Statistician 35 (1981).
 * @throws RangeError unless the effect is above 0
 */
export function roundsFor(effect: number, deviation: number, alpha = 0.05): number {
  if (!(effect > 0))
    throw new RangeError(`an effect of ${effect} cannot be found; name one above 0`)
  const z = upperNormalQuantile(alpha / 2)
  const known = (((z + upperNormalQuantile(MISSED)) * deviation) / effect) ** 2
  return Math.max(smallestSampleFor(alpha), Math.ceil(known + Math.ceil((z * z) / 2)))
}

/** The z above which a standard normal lies with probability `tail`, 0 < tail < 1/2; by bisection. */
function upperNormalQuantile(tail: number): number {
  let low = 0
  let high = 40
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (normalTail(middle) > tail) low = middle
    else high = middle
  }
}
