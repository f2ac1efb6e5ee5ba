import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hodgesLehmannShift, rankSumCritical, rankSumProbabilities } from './mann-whitney.ts'

test('the membrane data of Hollander & Wolfe, examples 4.1 to 4.4', () => {
  const atTerm = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
  const earlier = [1.15, 0.88, 0.9, 0.74, 1.21]
  const found = hodgesLehmannShift(earlier, atTerm)
  assert.ok(found.state === 'estimated')
  const rounded = [found.estimate, found.low, found.high].map(shift => shift.toFixed(3))
  assert.deepEqual(rounded, ['-0.305', '-0.760', '0.150'])
})

test('the critical values are those of the published tables, two-sided 5 %', () => {
  const published = [
    [3, 5, 0],
    [4, 4, 0],
    [5, 5, 2],
    [5, 8, 6],
    [8, 8, 13],
    [10, 10, 23],
    [12, 20, 69],
    [20, 20, 127],
  ]
  for (const [m, n, critical] of published) {
    assert.equal(rankSumCritical(m, n, 0.05), critical, `${m} and ${n}`)
    assert.equal(rankSumCritical(n, m, 0.05), critical, `${n} and ${m}`)
  }
})

test('the distribution of two and three is what counting the ten arrangements gives', () => {
  const tenths = Array.from(rankSumProbabilities(2, 3), p => Math.round(p * 1e9) / 1e8)
  assert.deepEqual(tenths, [1, 1, 2, 2, 2, 1, 1])
  assert.deepEqual(rankSumProbabilities(0, 4), Float64Array.of(1))
})

test('too few values give an estimate and say how many are needed', () => {
  const found = hodgesLehmannShift([5, 6, 7], [1, 2, 3])
  assert.deepEqual(found, { state: 'too-few', estimate: 4, needed: 4 })
  const one = hodgesLehmannShift([3], [1], 0.01)
  assert.deepEqual(one, { state: 'too-few', estimate: 2, needed: 5 })
  assert.equal(hodgesLehmannShift([1, 2, 3, 4], [1, 2, 3, 4]).state, 'estimated')
  assert.throws(() => hodgesLehmannShift([], [1]), RangeError)
  assert.throws(() => hodgesLehmannShift([1], []), RangeError)
})

test('swapping the samples mirrors the interval, shifting one shifts it', () => {
  const [one, other] = [
    [3, 9, 1, 7, 4],
    [2, 2, 8, 5, 0, 6],
  ]
  const found = hodgesLehmannShift(one, other)
  const swapped = hodgesLehmannShift(other, one)
  const shifted = hodgesLehmannShift(
    one.map(x => x + 100),
    other,
  )
  assert.ok(found.state === 'estimated' && found.low < found.high)
  const { estimate, low, high } = found
  assert.deepEqual(swapped, { state: 'estimated', estimate: -estimate, low: -high, high: -low })
  assert.deepEqual(shifted, {
    state: 'estimated',
    estimate: estimate + 100,
    low: low + 100,
    high: high + 100,
  })
})

test('two samples without variation give an interval of width zero', () => {
  const expected = { state: 'estimated', estimate: 2, low: 2, high: 2 }
  assert.deepEqual(hodgesLehmannShift(Array(6).fill(5), Array(6).fill(3)), expected)
})
