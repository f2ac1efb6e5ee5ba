import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clopperPearson } from './binomial-bound.ts'
import { bonferroni } from './multiplicity.ts'

const percents = (successes: number, trials: number, alpha?: number) => {
  const { low, high } = clopperPearson(successes, trials, alpha)
  return [low, high].map(bound => (100 * bound).toFixed(2))
}

test('the bounds are those of published tables', () => {
  // Two-sided 95 %: Geigy, Scientific Tables, "exact confidence limits for p"
  assert.deepEqual(percents(0, 10), ['0.00', '30.85'])
  assert.deepEqual(percents(1, 10), ['0.25', '44.50'])
  assert.deepEqual(percents(5, 10), ['18.71', '81.29'])
  assert.deepEqual(percents(4, 20), ['5.73', '43.66'])
  assert.deepEqual(percents(10, 10), ['69.15', '100.00'])
})

test('no false alarm in 100 or 300 leaves less than 2.96 % or 1 %, with 95 %', () => {
  assert.equal(percents(0, 100, 0.1)[1], '2.95')
  assert.equal(percents(0, 300, 0.1)[1], '0.99')
  assert.ok(Math.abs(clopperPearson(0, 1000, 0.1).high - 3 / 1000) < 1e-5)
})

test('successes and failures mirror each other', () => {
  const found = clopperPearson(28, 30)
  const failures = clopperPearson(2, 30)
  assert.deepEqual(found, { low: 1 - failures.high, high: 1 - failures.low })
})

test('many trials do not make the terms vanish', () => {
  // The normal approximation: 0.5 ± 1.96 × 0.5 / √100,000
  const { low, high } = clopperPearson(50_000, 100_000)
  assert.ok(Math.abs(low - 0.4969) < 5e-5 && Math.abs(high - 0.5031) < 5e-5, `${low} ${high}`)
})

test('what is no share is refused', () => {
  for (const [successes, trials] of [
    [0, 0],
    [3, 2],
    [-1, 2],
    [0.5, 2],
    [1, Number.NaN],
  ]) {
    assert.throws(() => clopperPearson(successes, trials), RangeError, `${successes} of ${trials}`)
  }
})

test('the level is divided among the comparisons', () => {
  assert.equal(bonferroni(0.05, 10), 0.005)
  assert.equal(bonferroni(0.05, 1), 0.05)
  for (const comparisons of [0, -1, 1.5, Number.NaN]) {
    assert.throws(() => bonferroni(0.05, comparisons), RangeError, String(comparisons))
  }
})
