import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogramOf, steady } from './fixtures/latency.ts'
import { mergedLatency, readMerged } from './latency.ts'

test('latencies of slices are added up, lags for themselves; slices without any are passed over', () => {
  const merged = mergedLatency([
    { histogram: histogramOf(steady(1_000, 3)), lag: lagOf([5]) },
    null,
    { histogram: histogramOf(steady(9_000, 2)), lag: lagOf([7]) },
  ])
  assert.ok(merged !== null && merged.lag !== null)
  const counted = (text: string) => readMerged([text], ({ count }) => count)
  assert.deepEqual([counted(merged.histogram), counted(merged.lag.histogram)], [5, 2])
  assert.equal(merged.lag.of, 'driver')
  assert.equal(
    readMerged([merged.histogram], one => one.percentiles().max),
    readMerged([histogramOf([9_000])], one => one.percentiles().max),
  )
})

test('a closed loop has no lag, and a scenario without latencies none at all', () => {
  const closed = mergedLatency([{ histogram: histogramOf([1]), lag: null }])
  assert.equal(closed?.lag, null)
  assert.equal(mergedLatency([null, null]), null)
})

function lagOf(samplesNs: number[]) {
  return { of: 'driver', histogram: histogramOf(samplesNs) } as const
}
