import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PushSchedule } from './schedule.ts'

test('a seed gives its own intervals, always the same: mulberry32 of seed 1 starts 0.627074, 0.002736', () => {
  const intervals = intervalsOf(1, 1e9, 2)
  // -ln(1 - u), by hand.
  assert.ok(Math.abs(intervals[0] - 986_375_000) < 2_000, `${intervals[0]}`)
  assert.ok(Math.abs(intervals[1] - 2_739_500) < 2_000, `${intervals[1]}`)
  assert.deepEqual(intervalsOf(1, 1e9, 2), intervals)
  assert.notDeepEqual(intervalsOf(2, 1e9, 2), intervals)
})

test('intervals are whole and exponential: a share of e^-x is longer than x means', () => {
  const meanNs = 5e6
  const intervals = intervalsOf(42, meanNs, 100_000)
  assert.ok(intervals.every(interval => Number.isSafeInteger(interval) && interval >= 0))
  const mean = intervals.reduce((sum, interval) => sum + interval, 0) / intervals.length
  assert.ok(Math.abs(mean / meanNs - 1) < 0.01, `${mean}`)
  for (const means of [0.1, 0.5, 1, 2, 4]) {
    const share = intervals.filter(interval => interval > means * meanNs).length / intervals.length
    assert.ok(Math.abs(share - Math.exp(-means)) < 0.005, `${means}: ${share}`)
  }
})

test('an interval tells nothing about the next', () => {
  const intervals = intervalsOf(7, 1e6, 50_000)
  const afterLong = intervals.filter((_, index) => index > 0 && intervals[index - 1] > 2e6)
  const mean = afterLong.reduce((sum, interval) => sum + interval, 0) / afterLong.length
  assert.ok(Math.abs(mean / 1e6 - 1) < 0.05, `${mean}`)
})

function intervalsOf(seed: number, meanIntervalNs: number, count: number): number[] {
  const schedule = new PushSchedule(seed, meanIntervalNs)
  return Array.from({ length: count }, () => schedule.nextIntervalNs())
}
