import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subjectsOfRound } from '../plan.ts'
import { armsPlan, controlsPlan, type PlanContext } from './plans.ts'
import { conditions } from './stored.ts'

const context: PlanContext = {
  settings: {
    backend: 'direct',
    seed: 1,
    sliceBlocks: 8,
    aa: { rounds: 6, slices: 40 },
    experiment: { rounds: 8, slices: 110 },
  },
  pinning: { driver: [0], subject: [1] },
  tool: { version: '0.1.0', gitSha: null, dirty: null },
}

test('nothing but names and turns tells subjects apart, and A and A′ have 0 turns, not none', () => {
  const arms = [
    { name: 'arm 1', spinsPerRecv: 230 },
    { name: 'arm 2', spinsPerRecv: 0 },
  ]
  const plan = armsPlan(context, { rounds: 8, slices: 110 }, arms, 5)
  const [measurement] = plan.measurements
  assert.deepEqual(
    subjectsOfRound(measurement, plan.revisions).map(({ arm, revision }) => [
      arm,
      revision.name,
      revision.spinsPerRecv,
    ]),
    [
      ['A', 'base', 0],
      ["A'", 'base', 0],
      ['B', 'arm 1', 230],
      ['B', 'arm 2', 0],
    ],
  )
  assert.equal(new Set(plan.revisions.map(({ process }) => process)).size, 1)
  assert.deepEqual(measurement.schedule.looks, [8])
  const { slices, sliceWork, unit } = measurement.workload
  assert.deepEqual([slices, sliceWork, unit], [110, 8, 'GB'])
})

test('each condition is everything on but for one thing', () => {
  const described = conditions.map(condition => {
    const { measurements, pinning, controls, revisions } = controlsPlan(context, condition, 5)
    const [{ workload, schedule }] = measurements
    assert.deepEqual([schedule.looks, revisions.length], [[1], 1])
    return [
      workload.services[0].socketBufferBytes,
      pinning !== null,
      controls?.interleaved,
      workload.slices,
      workload.sliceWork,
    ]
  })
  assert.deepEqual(described, [
    [262_144, true, true, 110, 8],
    [0, true, true, 110, 8],
    [262_144, false, true, 110, 8],
    [262_144, true, false, 110, 8],
    [262_144, true, true, 14, 64],
  ])
})
