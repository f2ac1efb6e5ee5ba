import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chiSquareQuantile, deviationInterval } from './deviation.ts'

test('quantiles of χ² are those of the tables', () => {
  // Snedecor & Cochran, table A 5.
  const table = [
    [0.025, 2, 0.0506],
    [0.975, 1, 5.0239],
    [0.975, 2, 7.3778],
    [0.025, 9, 2.7004],
    [0.975, 9, 19.0228],
    [0.025, 10, 3.247],
    [0.975, 10, 20.4832],
    [0.95, 30, 43.773],
    [0.95, 100, 124.3421],
  ]
  for (const [p, freedom, expected] of table) {
    assert.ok(Math.abs(chiSquareQuantile(p, freedom) - expected) < 1e-3, `${p}, ${freedom}`)
  }
})

test('so many degrees of freedom that e^(x/2) is no number', () => {
  // Wilson and Hilferty's approximation of 3,000 (1 - 2/27,000 ± 1.6449 √(2/27,000))³.
  assert.ok(Math.abs(chiSquareQuantile(0.95, 3000) - 3128.54) < 0.1)
  assert.ok(Math.abs(chiSquareQuantile(0.05, 3000) - 2873.74) < 0.1)
})

test('the interval of a standard deviation, by hand', () => {
  // s² = 2.5 with 4 degrees of freedom, χ² = 0.4844 and 11.1433.
  const { deviation, low, high } = deviationInterval([1, 2, 3, 4, 5])
  assert.ok(Math.abs(deviation - Math.sqrt(2.5)) < 1e-12)
  assert.ok(Math.abs(low - Math.sqrt(10 / 11.1433)) < 1e-4)
  assert.ok(Math.abs(high - Math.sqrt(10 / 0.4844)) < 1e-3)
  assert.deepEqual(deviationInterval([3, 3, 3]), { deviation: 0, low: 0, high: 0 })
})
