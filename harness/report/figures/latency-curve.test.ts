import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogramOf, uniformWaits } from '../../fixtures/latency.ts'
import { readMerged } from '../../latency.ts'
import type { ScenarioResult } from '../../record.ts'
import { measuredLatency, syntheticProcess, syntheticRecord } from '../fixtures/synthetic-record.ts'
import { latencyCurves } from './latency-curve.ts'

/** One process of A, one of A′, each with these latencies. */
function resultOf(samples: number[], special: Partial<ScenarioResult> = {}): ScenarioResult {
  const latency = { histogram: histogramOf(samples), lag: null }
  const processes = (['A', "A'"] as const).map(arm =>
    syntheticProcess({ round: 0, backend: 'direct', arm, cost: 1, latency }),
  )
  const [result] = syntheticRecord(measuredLatency(processes)).scenarios
  return { ...result, ...special }
}

const last = <T>(items: readonly T[]) => items[items.length - 1]

test('A and A′ are one program, and their percentiles those of the histogram', () => {
  const samples = uniformWaits(10_000)
  const [{ name, samples: count, points }, ...others] = latencyCurves(resultOf(samples))
  assert.deepEqual([name, count, others], ['direct', 20_000, []])
  const summary = readMerged([histogramOf(samples)], merged => merged.percentiles())
  for (const [percentile, ns] of [
    [90, summary.p90],
    [99, summary.p99],
    [99.9, summary.p999],
  ] as const) {
    const point = points.find(one => Math.abs(one.percentile - percentile) < 1e-6)
    assert.ok(Math.abs((point?.us ?? 0) / ((ns ?? 0) / 1000) - 1) < 0.002, `p${percentile}`)
  }
})

test('a curve ends where fewer than ten samples lie beyond', () => {
  const ends = (samples: number, special?: Partial<ScenarioResult>) => {
    const [{ points }] = latencyCurves(resultOf(uniformWaits(samples / 2), special))
    return Number(last(points).percentile.toFixed(3))
  }
  assert.equal(ends(1_000), 99)
  assert.equal(ends(10_000), 99.9)
  // of ten subscribers, ten copies of a message are one sample
  assert.equal(ends(10_000, { unit: 'message', samplesTogether: 10 }), 99)
  assert.ok(ends(980) < 99)
})

test('where latencies mean nothing there is no curve', () => {
  const result = resultOf(uniformWaits(1000), { latencyInvalid: 'the driver was late' })
  assert.deepEqual(latencyCurves(result), [])
})

test('ten samples or fewer are no curve', () => {
  const [{ points }] = latencyCurves(resultOf([1e6, 2e6]))
  assert.deepEqual(points, [])
})
