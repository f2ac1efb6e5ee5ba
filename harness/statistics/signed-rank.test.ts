import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hodgesLehmann } from './hodges-lehmann.ts'
import {
  signedRankCritical,
  signedRankP,
  signedRankProbabilities,
  smallestSampleFor,
} from './signed-rank.ts'

test('the critical values are those of the published tables', () => {
  // Two-sided 5 % and 1 %: Wilcoxon & Wilcox (1964), as reprinted in most textbooks.
  const five = { 6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 16: 29 }
  const fiveMore = { 17: 34, 18: 40, 19: 46, 20: 52, 21: 58, 22: 65, 23: 73, 24: 81, 25: 89 }
  for (const [n, critical] of Object.entries({ ...five, ...fiveMore })) {
    assert.equal(signedRankCritical(Number(n), 0.05), critical, `n = ${n} at 5 %`)
  }
  for (const [n, critical] of Object.entries({
    8: 0,
    9: 1,
    10: 3,
    12: 7,
    15: 15,
    20: 37,
    25: 68,
  })) {
    assert.equal(signedRankCritical(Number(n), 0.01), critical, `n = ${n} at 1 %`)
  }
})

test('five differences cannot reach 5 %, and six can', () => {
  assert.equal(signedRankCritical(5, 0.05), -1)
  assert.equal(signedRankCritical(6, 0.05), 0)
  assert.equal(smallestSampleFor(0.05), 6)
  assert.equal(smallestSampleFor(1 / 32), 6)
})

test('three ranks make the eight subsets that can be written down', () => {
  const eighths = Array.from(signedRankProbabilities(3), p => p * 8)
  assert.deepEqual(eighths, [1, 1, 1, 2, 1, 1, 1])
})

test('the distribution sums to one and is symmetric, also at n = 60', () => {
  const probabilities = signedRankProbabilities(60)
  assert.ok(Math.abs(probabilities.reduce((sum, p) => sum + p, 0) - 1) < 1e-12)
  for (let t = 0; t < probabilities.length; t++) {
    const mirrored = probabilities[probabilities.length - 1 - t]
    assert.ok(Math.abs(probabilities[t] - mirrored) <= 1e-15)
  }
})

test('differences of one sign have the smallest p there is, two orders that can be counted', () => {
  assert.equal(signedRankP([1, 2, 3, 4, 5, 6]), 2 / 64)
  // Ranks 1 of 1..6 is negative: T = 1, and two of 64 sign patterns have T ≤ 1.
  assert.equal(signedRankP([-1, 2, 3, 4, 5, 6]), 4 / 64)
  assert.equal(signedRankP([0, 0, 0, 0, 0, 0]), 1)
})

test('p is at most a level exactly where the interval of that level excludes 0', () => {
  const differences = fc.array(fc.integer({ min: -20, max: 40 }), { minLength: 6, maxLength: 12 })
  fc.assert(
    fc.property(differences, fc.constantFrom(0.05, 0.1, 0.2), (values, alpha) => {
      const found = hodgesLehmann(values, alpha)
      assert.ok(found.state === 'estimated')
      assert.equal(signedRankP(values) <= alpha, found.low > 0 || found.high < 0)
    }),
  )
})
