import assert from 'node:assert/strict'
import { test } from 'node:test'
import { doseResponse } from './linear-fit.ts'

const line = (slope: number, intercept: number) =>
  [0, 0.5, 1, 2, 4].map(dose => ({ dose, estimate: intercept + slope * dose }))

test('each experiment gives one line, and the intervals are over the lines', () => {
  const { slope, intercept } = doseResponse([line(0.9, 0.1), line(1, -0.2), line(1.1, 0.1)])
  // s = 0.1 and t[.975, 2] = 4.3027: 1 ± 4.3027 × 0.1 / √3
  const rounded = [slope.mean, slope.low, slope.high].map(x => x.toFixed(4))
  assert.deepEqual(rounded, ['1.0000', '0.7516', '1.2484'])
  assert.equal(intercept.mean.toFixed(10).replace('-', ''), '0.0000000000')
  assert.equal(intercept.high.toFixed(4), '0.4303')
})

test('a line is the least-squares line: Anscombe’s first quartet', () => {
  const doses = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
  const estimates = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
  const points = doses.map((dose, i) => ({ dose, estimate: estimates[i] }))
  const { slope, intercept } = doseResponse([points, points])
  assert.equal(slope.mean.toFixed(4), '0.5001')
  assert.equal(intercept.mean.toFixed(4), '3.0001')
  assert.deepEqual([slope.low, slope.high], [slope.mean, slope.mean])
})

test('an error that all doses of an experiment share moves intercepts, not slopes', () => {
  const { slope, intercept } = doseResponse([line(1, 0.5), line(1, -0.5), line(1, 1.5)])
  assert.ok(slope.high - slope.low < 1e-12)
  assert.ok(intercept.high - intercept.low > 4)
})

test('one experiment has no interval, and one dose no line', () => {
  assert.throws(() => doseResponse([line(1, 0)]), /two experiments, there are 1/)
  const sameDose = [1, 2, 3].map(estimate => ({ dose: 1, estimate }))
  assert.throws(() => doseResponse([line(1, 0), sameDose]), /two doses that differ/)
  assert.throws(() => doseResponse([line(1, 0), []]), /two doses that differ/)
})
