import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../random.ts'
import { arrivalTimes } from './arrival-times.ts'

const INTERVAL_NS = 1e6

function moments(seed: number, count: number): number[] {
  const taken: number[] = []
  for (const moment of arrivalTimes(seed, INTERVAL_NS)) {
    if (taken.push(moment) === count) break
  }
  return taken
}

function gaps(count: number): number[] {
  const times = moments(7, count)
  return times.map((moment, i) => moment - (i === 0 ? 0 : times[i - 1]))
}

test('the first gaps are -ln(1 - u) means, for the generator of that seed', () => {
  const random = mulberry32(7)
  const first = -Math.log(1 - random()) * INTERVAL_NS
  const second = first - Math.log(1 - random()) * INTERVAL_NS
  assert.deepEqual(moments(7, 2), [first, second])
})

test('the same seed gives the same moments, another seed others', () => {
  assert.deepEqual(moments(1, 50), moments(1, 50))
  assert.notDeepEqual(moments(1, 50), moments(2, 50))
})

test('moments only ever move forward', () => {
  assert.ok(gaps(10_000).every(gap => gap > 0))
})

test('gaps are exponential: each share beyond k means is e^-k', () => {
  const all = gaps(100_000)
  for (const k of [0.1, 0.5, 1, 2, 4]) {
    const share = all.filter(gap => gap > k * INTERVAL_NS).length / all.length
    const expected = Math.exp(-k)
    const standardError = Math.sqrt((expected * (1 - expected)) / all.length)
    assert.ok(Math.abs(share - expected) < 4 * standardError, `${share} beyond ${k} means`)
  }
})

test('gaps are independent: after a long one the next is no longer than after a short one', () => {
  const all = gaps(100_000)
  const afterLong = all.slice(1).filter((_, i) => all[i] > INTERVAL_NS)
  const meanNs = afterLong.reduce((sum, gap) => sum + gap, 0) / afterLong.length
  assert.ok(Math.abs(meanNs / INTERVAL_NS - 1) < 4 / Math.sqrt(afterLong.length))
})

test('arrivals per interval are Poisson: variance equals mean', () => {
  const perInterval = new Float64Array(50_000)
  for (const moment of arrivalTimes(11, INTERVAL_NS)) {
    const interval = Math.floor(moment / INTERVAL_NS)
    if (interval >= perInterval.length) break
    perInterval[interval] += 1
  }
  const mean = perInterval.reduce((sum, n) => sum + n, 0) / perInterval.length
  const variance =
    perInterval.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (perInterval.length - 1)
  assert.ok(Math.abs(mean - 1) < 0.02)
  assert.ok(Math.abs(variance / mean - 1) < 0.03)
})

test('an interval that is not a positive number is refused', () => {
  for (const interval of [0, -1, NaN, Infinity]) {
    assert.throws(() => arrivalTimes(1, interval).next(), RangeError)
  }
})
