import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '../errors.ts'
import { gatedMeasurements } from './gated-measurements.ts'

const large = { profile: 'large', peers: 1 }

test('a workload on a backend is measured once, with every metric that is gated', () => {
  const gated = gatedMeasurements(
    [
      { scenario: 'ibd', set: large, backends: ['direct'], marginPercent: 2 },
      { scenario: 'ibd', set: large, metrics: ['wall'], marginPercent: 10 },
    ],
    8,
  )
  assert.deepEqual(
    gated.map(({ measurement, limits }) => [
      measurement.backends,
      limits.map(({ metric, marginPercent }) => `${metric} ${marginPercent}`),
    ]),
    [
      [['direct'], ['cpu 2', 'wall 10']],
      [['virtual-sockman'], ['wall 10']],
      [['devirtualized-sockman'], ['wall 10']],
    ],
  )
  assert.deepEqual(gated[0].measurement.schedule.looks, [8])
})

test('what cannot be gated is a usage error that names it', () => {
  const refused = (comparison: object, ...others: object[]) => {
    try {
      const all = [comparison, ...others].map(one => ({
        scenario: 'ibd',
        marginPercent: 2,
        ...one,
      }))
      gatedMeasurements(all, 8)
    } catch (error) {
      assert.ok(error instanceof UsageError)
      return error.message
    }
    return 'accepted'
  }
  assert.match(
    refused({ set: large }, { set: large }),
    /cpu of ibd \(large, 1 peer, direct\) .*twice/,
  )
  assert.match(refused({ set: large, metrics: ['latencyP50'] }), /no latencies.*latencyP50/)
  assert.match(refused({ set: large, backends: ['floor'] }), /floor can take part .* only beside/)
  assert.match(refused({ set: { profile: 'huge' } }), /gate\.comparisons: .*huge/)
  assert.match(refused({ set: { peers: 1 } }), /leaves 2 workloads of ibd/)
  assert.match(refused({ scenario: 'dispatch' }), /dispatch starts no processes/)
})
