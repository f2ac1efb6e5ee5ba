/** The same figures from an independent library: @stdlib. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile'
import signrankCdf from '@stdlib/stats-base-dists-signrank-cdf'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import ttest2 from '@stdlib/stats-ttest2'
import wilcoxon from '@stdlib/stats-wilcoxon'
import { mulberry32 } from '../../scenarios/random.ts'
import { clopperPearson } from './binomial-bound.ts'
import { hodgesLehmann } from './hodges-lehmann.ts'
import { noises } from './noise.ts'
import { signedRankProbabilities } from './signed-rank.ts'
import { studentQuantile, welchInterval } from './student-t.ts'

function assertClose(found: number, expected: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), what)
}

test('the signed-rank distribution', () => {
  for (const n of [1, 5, 8, 16, 24, 32]) {
    let sum = 0
    for (const [t, probability] of signedRankProbabilities(n).entries()) {
      sum += probability
      assertClose(sum, signrankCdf(t, n), `n = ${n}, t = ${t}`)
    }
  }
})

test('Student’s quantiles, also at the levels of early looks', () => {
  for (const df of [1, 2, 5, 7, 15, 31, 100]) {
    for (const p of [0.6, 0.9, 0.975, 0.995, 1 - 0.0042 / 2]) {
      const expected = tQuantile(p, df)
      assert.ok(Math.abs(studentQuantile(p, df) / expected - 1) < 1e-7, `p = ${p}, df = ${df}`)
    }
  }
})

test('the interval of Hodges and Lehmann ends where the signed-rank test begins to reject', () => {
  const random = mulberry32(3)
  for (const n of [6, 8, 12, 16, 24, 32]) {
    const differences = noises.Gaussian(random, n)
    const found = hodgesLehmann(differences)
    assert.ok(found.state === 'estimated')
    for (const [bound, inwards] of [
      [found.low, 1e-9],
      [found.high, -1e-9],
    ]) {
      assert.equal(wilcoxon(differences, { mu: bound + inwards }).rejected, false, `n = ${n}`)
      assert.equal(wilcoxon(differences, { mu: bound - inwards }).rejected, true, `n = ${n}`)
    }
  }
})

test('Welch’s interval, but for degrees of freedom rounded down', () => {
  const random = mulberry32(4)
  for (const [m, n] of [
    [5, 9],
    [8, 8],
    [16, 6],
  ]) {
    const [values, baseline] = [noises.Gaussian(random, m), noises.exponential(random, n)]
    const { ci, df } = ttest2(values, baseline)
    const { mean, low, high } = welchInterval(values, baseline)
    const widened = tQuantile(0.975, Math.floor(df)) / tQuantile(0.975, df)
    assertClose(mean, (ci[0] + ci[1]) / 2, `mean of ${m} and ${n}`)
    assertClose(high - low, (ci[1] - ci[0]) * widened, `width of ${m} and ${n}`)
  }
})

test('Clopper and Pearson’s bounds are quantiles of beta distributions', () => {
  for (const [k, n] of [
    [1, 10],
    [28, 30],
    [3, 100],
    [150, 300],
  ]) {
    const { low, high } = clopperPearson(k, n)
    assertClose(low, betaQuantile(0.025, k, n - k + 1), `low of ${k} in ${n}`)
    assertClose(high, betaQuantile(0.975, k + 1, n - k), `high of ${k} in ${n}`)
  }
})
