import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hodgesLehmann } from './hodges-lehmann.ts'
import { signedRankCritical, signedRankProbabilities } from './signed-rank.ts'
import { pairedTInterval } from './student-t.ts'

test('six differences, worked by hand', () => {
  // Walsh averages: −1 −½ 0 0 ½ ½ 1 1 1 1½ 1½ 2 2 2½ 3 3 3½ 4 4½ 5 7; the middle one is the 11th.
  const expected = { state: 'estimated', estimate: 1.5, low: -1, high: 7 }
  assert.deepEqual(hodgesLehmann([3, -1, 7, 0, 2, 1]), expected)
})

test('the depression data of Hollander & Wolfe, examples 3.1 to 3.5', () => {
  const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3]
  const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
  const found = hodgesLehmann(before.map((x, i) => x - after[i]))
  assert.equal(found.state, 'estimated')
  assert.ok(Math.abs(found.estimate - 0.46) < 1e-9, String(found.estimate))
  assert.ok(found.state === 'estimated' && Math.abs(found.low - 0.01) < 1e-9)
  assert.ok(found.state === 'estimated' && Math.abs(found.high - 0.786) < 1e-9)
})

test('too few differences give an estimate and say how many are needed', () => {
  assert.deepEqual(hodgesLehmann([1, 2, 4]), { state: 'too-few', estimate: 2.25, needed: 6 })
  assert.equal(hodgesLehmann([1, 2, 3, 4, 5]).state, 'too-few')
  assert.equal(hodgesLehmann([1, 2, 3, 4, 5, 6], 0.01).state, 'too-few')
})

test('differences without variation give an interval of width zero', () => {
  const zeros = { state: 'estimated', estimate: 0, low: 0, high: 0 }
  assert.deepEqual(hodgesLehmann(Array(8).fill(0)), zeros)
  const twos = { state: 'estimated', estimate: 2, low: 2, high: 2 }
  assert.deepEqual(hodgesLehmann(Array(8).fill(2)), twos)
})

test('nothing has no centre', () => {
  assert.throws(() => hodgesLehmann([]), /no differences/)
})

const differences = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 20 })

test('the order does not matter, and swapping the two arms mirrors everything', () => {
  fc.assert(
    fc.property(differences, values => {
      const found = hodgesLehmann(values)
      assert.deepEqual(hodgesLehmann(values.toReversed()), found)
      const swapped = hodgesLehmann(values.map(value => 0 - value))
      assert.ok(found.state === 'estimated' && swapped.state === 'estimated')
      assert.equal(swapped.estimate + found.estimate, 0)
      assert.equal(swapped.low + found.high, 0)
      assert.equal(swapped.high + found.low, 0)
    }),
  )
})

test('shifting and scaling the differences shifts and scales the answer', () => {
  const shift = fc.integer({ min: -500, max: 500 })
  const scale = fc.constantFrom(0.5, 2, 4, 8)
  fc.assert(
    fc.property(differences, shift, scale, (values, by, times) => {
      const found = hodgesLehmann(values)
      const moved = hodgesLehmann(values.map(value => value * times + by))
      assert.ok(found.state === 'estimated' && moved.state === 'estimated')
      assert.equal(moved.estimate, found.estimate * times + by)
      assert.equal(moved.low, found.low * times + by)
      assert.equal(moved.high, found.high * times + by)
      assert.ok(found.low <= found.estimate && found.estimate <= found.high)
    }),
  )
})

test('on Gaussian noise both intervals cover as often as they promise', () => {
  const trials = 3000
  for (const n of [8, 16]) {
    const gaussian = seededGaussian(n)
    let covered = 0
    let coveredByT = 0
    for (let trial = 0; trial < trials; trial++) {
      const sample = Array.from({ length: n }, () => 0.3 + gaussian())
      const found = hodgesLehmann(sample)
      if (found.state === 'estimated' && found.low <= 0.3 && 0.3 <= found.high) covered++
      const { low, high } = pairedTInterval(sample)
      if (low <= 0.3 && 0.3 <= high) coveredByT++
    }
    assertBinomial(covered, trials, exactCoverage(n))
    assertBinomial(coveredByT, trials, 0.95)
  }
})

/** 1 − 2 P(T ≤ critical): a little above 95 %, as the statistic is discrete. */
function exactCoverage(n: number): number {
  const tail = signedRankProbabilities(n).slice(0, signedRankCritical(n, 0.05) + 1)
  return 1 - 2 * tail.reduce((sum, p) => sum + p, 0)
}

/** Within four standard deviations. The seed is fixed, so the outcome never varies. */
function assertBinomial(successes: number, trials: number, probability: number): void {
  const deviation = Math.sqrt(trials * probability * (1 - probability))
  const distance = Math.abs(successes - trials * probability)
  assert.ok(distance < 4 * deviation, `${successes} of ${trials}, expected ${probability}`)
}

/** Standard normal variates by Box and Muller, from the mulberry32 generator. */
function seededGaussian(seed: number): () => number {
  let state = seed
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
