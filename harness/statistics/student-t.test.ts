import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minimumDetectableEffect, roundsFor } from './minimum-detectable-effect.ts'
import {
  meanAndDeviation,
  pairedTInterval,
  studentCentralProbability,
  studentQuantile,
  welchInterval,
} from './student-t.ts'

test('the quantiles are those of the published tables', () => {
  const at975 = { 1: 12.706, 2: 4.303, 3: 3.182, 5: 2.571, 7: 2.365, 10: 2.228, 15: 2.131 }
  for (const [df, t] of Object.entries({ ...at975, 30: 2.042, 120: 1.98 })) {
    assert.equal(studentQuantile(0.975, Number(df)).toFixed(3), t.toFixed(3), `df ${df}`)
  }
  for (const [df, t] of Object.entries({ 1: 3.078, 2: 1.886, 7: 1.415, 15: 1.341, 30: 1.31 })) {
    assert.equal(studentQuantile(0.9, Number(df)).toFixed(3), t.toFixed(3), `df ${df}`)
  }
})

test('the quantile undoes the probability, and is odd', () => {
  for (const degreesOfFreedom of [1, 2, 3, 8, 15, 64]) {
    for (const t of [0.1, 1, 2.5, 6]) {
      const p = 0.5 + studentCentralProbability(t, degreesOfFreedom) / 2
      assert.ok(Math.abs(studentQuantile(p, degreesOfFreedom) - t) < 1e-6)
    }
    assert.equal(
      studentQuantile(0.025, degreesOfFreedom),
      -studentQuantile(0.975, degreesOfFreedom),
    )
  }
})

test("Student's own sleep data: the paired interval is 0.70 to 2.46 hours", () => {
  const differences = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4]
  const { mean, low, high } = pairedTInterval(differences)
  assert.deepEqual(
    [mean, low, high].map(hours => hours.toFixed(4)),
    ['1.5800', '0.7001', '2.4599'],
  )
})

test('one value has no deviation', () => {
  assert.throws(() => meanAndDeviation([1]), /needs two values/)
})

test('with a deviation of 1 %, thirteen rounds are needed to find 1 % in nine of ten', () => {
  assert.ok(minimumDetectableEffect(spread(12, 0.01)) > 0.01)
  assert.ok(minimumDetectableEffect(spread(13, 0.01)) < 0.01)
  // (2.3646 + 1.4149) / √8
  assert.equal(minimumDetectableEffect(spread(8, 1)).toFixed(3), '1.336')
  assert.equal(minimumDetectableEffect(Array(8).fill(0.25)), 0)
})

test('the rounds for an effect are those at which it becomes detectable, give or take one', () => {
  assert.deepEqual([roundsFor(1, 1), roundsFor(1, 2), roundsFor(0.005, 0.01)], [13, 45, 45])
  for (let deviation = 0.6; deviation < 3; deviation += 0.1) {
    const rounds = roundsFor(1, deviation)
    assert.ok(minimumDetectableEffect(spread(rounds - 2, deviation)) > 1, `${deviation} less`)
    assert.ok(minimumDetectableEffect(spread(rounds + 1, deviation)) < 1, `${deviation} more`)
  }
})

test('a stricter level needs a larger effect, and more rounds for the same one', () => {
  // (4.0293 + 1.4149) / √8 at t[.9975, 7]
  assert.equal(minimumDetectableEffect(spread(8, 1), 0.005).toFixed(3), '1.925')
  // (2.8070 + 1.2816)² = 16.717, and 4 for the deviation
  assert.deepEqual([roundsFor(1, 1, 0.005), roundsFor(1, 2, 0.005)], [21, 71])
  assert.equal(roundsFor(1, 0.1, 0.005), 9)
  for (let deviation = 0.8; deviation < 3; deviation += 0.1) {
    const rounds = roundsFor(1, deviation, 0.005)
    assert.ok(
      minimumDetectableEffect(spread(rounds - 2, deviation), 0.005) > 1,
      `${deviation} less`,
    )
    assert.ok(
      minimumDetectableEffect(spread(rounds + 1, deviation), 0.005) < 1,
      `${deviation} more`,
    )
  }
})

test('without noise six rounds do, and an effect of nothing needs more than there are', () => {
  assert.equal(roundsFor(0.01, 0), 6)
  assert.equal(roundsFor(0.01, 0.001), 6)
  assert.throws(() => roundsFor(0, 1), RangeError)
  assert.throws(() => roundsFor(Number.NaN, 1), RangeError)
})

test('Welch’s interval: worked by hand', () => {
  // Means 3 and 6, variances 2.5 and 10, each of 5: 3 ± t[.975, 5] √2.5, df = 2.5² / (0.25/4 + 4/4)
  const { mean, low, high } = welchInterval([2, 4, 6, 8, 10], [1, 2, 3, 4, 5])
  assert.equal(mean, 3)
  assert.equal(high.toFixed(3), (3 + 2.5706 * Math.sqrt(2.5)).toFixed(3))
  assert.equal((low + high) / 2, 3)
})

test('Welch’s interval of samples without variation has a width of zero', () => {
  assert.deepEqual(welchInterval([5, 5], [3, 3, 3]), { mean: 2, low: 2, high: 2 })
  const oneSided = welchInterval([5, 5], [2, 3, 4])
  // Only the second sample varies, so it has its two degrees of freedom
  assert.equal(oneSided.high.toFixed(3), (2 + 4.3027 / Math.sqrt(3)).toFixed(3))
  assert.throws(() => welchInterval([5], [3, 4]), RangeError)
})

/** `n` values with exactly this sample standard deviation. */
function spread(n: number, deviation: number): number[] {
  const values = Array.from({ length: n }, (_, i) => i)
  const factor = deviation / meanAndDeviation(values).deviation
  return values.map(value => value * factor)
}
