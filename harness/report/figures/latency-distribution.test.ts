import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogramOf, steady, uniformWaits } from '../../fixtures/latency.ts'
import type { IdleSample } from '../../record.ts'
import { measuredLatency, syntheticProcess, syntheticRecord } from '../fixtures/synthetic-record.ts'
import { latencyDistributions } from './latency-distribution.ts'

const rest: IdleSample = {
  seconds: 2,
  threads: { 'b-sv2': { cpuNs: 5e8, waitNs: 0 } },
  counters: {},
}

function distributionOf(samples: number[], idle: IdleSample | null = rest) {
  const latency = { histogram: histogramOf(samples), lag: null }
  const processes = (['A', "A'"] as const).map(arm =>
    syntheticProcess({ round: 0, backend: 'direct', arm, cost: 1, latency, ...(idle && { idle }) }),
  )
  const [result] = syntheticRecord(measuredLatency(processes)).scenarios
  const all = latencyDistributions(result)
  assert.equal(all.length, 1)
  return all[0]
}

test('every sample is in one of the bins, which follow each other', () => {
  const { bins, samples } = distributionOf([...steady(50e3, 900), ...steady(2e6, 100)])
  assert.equal(samples, 2000)
  const total = bins.reduce((sum, { share }) => sum + share, 0)
  assert.ok(Math.abs(total - 1) < 1e-9)
  for (const [i, { fromUs, toUs }] of bins.entries()) {
    assert.ok(fromUs < toUs)
    if (i > 0) assert.equal(fromUs, bins[i - 1].toUs)
  }
  const around = (us: number) => bins.find(bin => bin.fromUs <= us && us < bin.toUs)?.share
  assert.equal(around(50), 0.9)
  assert.equal(around(2000), 0.1)
})

test('of nobody who has no sample is there anything to draw', () => {
  const latency = { histogram: histogramOf([]), lag: null }
  const empty = syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 1, latency })
  const [result] = syntheticRecord(measuredLatency([empty])).scenarios
  assert.deepEqual(latencyDistributions({ ...result, latencyInvalid: null }), [])
})

test('it tells what the detector says, and what was used at rest', () => {
  const { waits, restCores } = distributionOf(uniformWaits(2000))
  assert.equal(waits.state, 'waits')
  assert.equal(restCores, 0.25)
  assert.equal(distributionOf(uniformWaits(2000), null).restCores, null)
})
