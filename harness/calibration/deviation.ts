import { normalTail } from '../statistics/normal.ts'
import { meanAndDeviation } from '../statistics/student-t.ts'

export interface DeviationInterval {
  deviation: number
  low: number
  high: number
}

/**
 * The standard deviation of two values or more, with its interval for normal ones:
 * s √((n - 1) / χ²) at both quantiles. Source: Snedecor & Cochran, Statistical Methods, section 5.11.
 */
export function deviationInterval(values: readonly number[], alpha = 0.05): DeviationInterval {
  const { deviation } = meanAndDeviation(values)
  const freedom = values.length - 1
  const bound = (p: number) => deviation * Math.sqrt(freedom / chiSquareQuantile(p, freedom))
  return { deviation, low: bound(1 - alpha / 2), high: bound(alpha / 2) }
}

/** The value below which χ² falls with probability `p`, 0 < p < 1; by bisection. */
export function chiSquareQuantile(p: number, degreesOfFreedom: number): number {
  let low = 0
  let high = 1
  while (1 - chiSquareTail(high, degreesOfFreedom) < p) high *= 2
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (1 - chiSquareTail(middle, degreesOfFreedom) < p) low = middle
    else high = middle
  }
}

/**
 * P(χ² > x) by its finite series, its terms as logarithms: e^(x/2) itself is more than a number holds
 * from x = 1420 on. Source: Abramowitz & Stegun 26.4.4 and 26.4.5.
 */
function chiSquareTail(x: number, degreesOfFreedom: number): number {
  const odd = degreesOfFreedom % 2 === 1
  const root = Math.sqrt(x)
  let logTerm = (odd ? Math.log(root * Math.sqrt(2 / Math.PI)) : 0) - x / 2
  let sum = odd && degreesOfFreedom === 1 ? 0 : Math.exp(logTerm)
  for (let k = odd ? 3 : 2; k < degreesOfFreedom; k += 2) {
    logTerm += Math.log(x / k)
    sum += Math.exp(logTerm)
  }
  return (odd ? 2 * normalTail(root) : 0) + sum
}
