import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minimumDetectableEffect } from './minimum-detectable-effect.ts'
import {
  meanAndDeviation,
  pairedTInterval,
  studentCentralProbability,
  studentQuantile,
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

/** `n` values with exactly this sample standard deviation. */
function spread(n: number, deviation: number): number[] {
  const values = Array.from({ length: n }, (_, i) => i)
  const factor = deviation / meanAndDeviation(values).deviation
  return values.map(value => value * factor)
}
