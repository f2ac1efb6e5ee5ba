import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Workload } from '../../scenarios/scenario.ts'
import type { Plan } from '../plan.ts'
import { planOf, type RunOptions } from './run-plan.ts'

const planned = (options: Partial<RunOptions>) =>
  planOf({
    scenario: ['ibd', 'push'],
    margin: 1,
    seed: 7,
    set: [],
    boundary: 'obrien-fleming',
    ...options,
  })
const named = (workloads: readonly Workload[]) =>
  workloads.map(({ scenario, label }) => `${scenario}: ${label}`)

const workloadsOf = ({ measurements }: Plan) => measurements.map(({ workload }) => workload)

test('a setting is for the scenarios that have it, and the others keep their plan', () => {
  const plan = planned({ set: ['profile=small', 'peers=2', 'mode=optimistic,queued'] })
  assert.deepEqual(named(workloadsOf(plan)), [
    'ibd: small, 2 peers',
    'ibd: small, 2 peers, queued',
    'push: probe, 1 subscriber, optimistic',
    'push: probe, 1 subscriber, queued',
  ])
})

test('a workload in which none of the backends can take part is left out, and that is known', () => {
  const set = ['mode=optimistic,queued']
  const plan = planned({ scenario: ['push'], backend: ['libuv'], set })
  assert.deepEqual(named(workloadsOf(plan)), ['push: probe, 1 subscriber, optimistic'])
  assert.deepEqual(named(plan.leftOut), ['push: probe, 1 subscriber, queued'])
})

test('without a choice every backend is measured where it can be', () => {
  const { backends, leftOut } = planned({})
  assert.ok(backends.includes('floor') && backends.includes('libuv'))
  assert.deepEqual(leftOut, [])
})

test('a backend given twice is measured once, and a scenario, too', () => {
  const { measurements, backends } = planned({
    scenario: ['push', 'push'],
    backend: ['direct', 'libuv', 'direct'],
    set: ['mode=optimistic'],
  })
  assert.deepEqual([measurements.length, backends], [1, ['direct', 'libuv']])
})

test('a backend that can take part nowhere is refused', () => {
  const queued = { scenario: ['push'], set: ['mode=queued'] }
  assert.throws(() => planned({ ...queued, backend: ['direct', 'libuv'] }), {
    name: 'UsageError',
    message: /^libuv can take part in none of the chosen workloads: /,
  })
})

test('rounds: a number is one look, max several that were fixed beforehand', () => {
  const schedules = (options: Partial<RunOptions>) =>
    planned(options).measurements.map(({ schedule }) => schedule)
  assert.deepEqual(schedules({ scenario: ['push'], rounds: 12 })[0].looks, [12])
  const [sequential] = schedules({ scenario: ['push'], rounds: 'max', boundary: 'pocock' })
  assert.deepEqual(sequential, { looks: [8, 16, 24, 32], boundary: 'pocock' })
})
