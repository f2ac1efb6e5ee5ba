import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drift } from './drift.ts'
import { median, medianInterval } from './median.ts'
import { trimmedMean } from './trimmed-mean.ts'

test('a fifth of the values is dropped at each end', () => {
  assert.equal(trimmedMean([1000, 3, 4, 5, -1000]), 4)
  assert.equal(trimmedMean([10, 1, 2, 3, 4, 5, 6, 7, 8, 900]), 5.5)
})

test('four values or fewer lose none', () => {
  assert.equal(trimmedMean([1, 2, 3, 10]), 4)
  assert.equal(trimmedMean([7]), 7)
  assert.throws(() => trimmedMean([]), /nothing/)
})

test('the median of an even number of values is between the middle two', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([9, 1, 5, 6]), 5.5)
  assert.throws(() => median([]), /nothing/)
})

test('the interval of the median takes the published ranks', () => {
  // Order statistics for at least 95 %: n = 6 → 1, 8 → 1, 9 → 2, 12 → 3, 15 → 4, 20 → 6.
  for (const [n, rank] of [
    [6, 1],
    [8, 1],
    [9, 2],
    [12, 3],
    [15, 4],
    [20, 6],
  ]) {
    const values = Array.from({ length: n }, (_, i) => n - i)
    const expected = { low: rank, high: n + 1 - rank, interval: 'exact95' }
    assert.deepEqual(medianInterval(values), expected, `n = ${n}`)
  }
})

test('below six values there is only the range', () => {
  assert.deepEqual(medianInterval([3, 1, 2, 5, 4]), { low: 1, high: 5, interval: 'range' })
  assert.deepEqual(medianInterval([3]), { low: 3, high: 3, interval: 'range' })
})

test('a series that falls from 110 to 100 drifted by ln(100/110), and one spike is no drift', () => {
  assert.equal(drift([110, 110, 110, 105, 105, 105, 100, 100, 100]), Math.log(100 / 110))
  assert.equal(drift([100, 900, 100, 100, 100, 100, 100, 100, 100]), 0)
})

test('five values are too few to speak of drift', () => {
  assert.equal(drift([200, 150, 120, 110, 100]), 0)
})
