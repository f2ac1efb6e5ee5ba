import type { Interval } from './verdict.ts'

/**
 * The exact interval for a probability, of which `successes` of `trials` are known: at least
 * 1 - alpha, and at least 1 - alpha / 2 for either bound alone. An upper bound of 95 % is therefore
 * `high` at alpha = 0.1: 0 of 100 gives 2.95 %, about 3 / trials.
 *
 * Source: Clopper & Pearson, Biometrika 26 (1934).
 * @throws RangeError unless 0 ≤ successes ≤ trials, both whole, and trials ≥ 1
 */
export function clopperPearson(successes: number, trials: number, alpha = 0.05): Interval {
  const whole = Number.isInteger(successes) && Number.isInteger(trials)
  if (!whole || successes < 0 || successes > trials || trials < 1) {
    throw new RangeError(`${successes} of ${trials} is no share; count at least one trial`)
  }
  return {
    low: 1 - upperBound(trials - successes, trials, alpha / 2),
    high: upperBound(successes, trials, alpha / 2),
  }
}

/** The p at which `successes` or fewer have a probability of just `tail`; by bisection. */
function upperBound(successes: number, trials: number, tail: number): number {
  let low = 0
  let high = 1
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return high
    if (probabilityUpTo(successes, trials, middle) > tail) low = middle
    else high = middle
  }
}

/** P(Binomial(trials, p) ≤ successes), in logarithms so that none of its terms vanishes. */
function probabilityUpTo(successes: number, trials: number, p: number): number {
  const logOdds = Math.log(p) - Math.log1p(-p)
  let logTerm = trials * Math.log1p(-p)
  let sum = Math.exp(logTerm)
  for (let k = 1; k <= successes; k++) {
    logTerm += logOdds + Math.log((trials - k + 1) / k)
    sum += Math.exp(logTerm)
  }
  return sum
}
