import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf, type RunOptions } from './run-plan.ts'

const planned = (options: Partial<RunOptions>) =>
  planOf({ scenario: ['ibd', 'push'], margin: 1, seed: 7, set: [], ...options })
const named = (workloads: readonly { scenario: string; label: string }[]) =>
  workloads.map(({ scenario, label }) => `${scenario}: ${label}`)

test('a setting is for the scenarios that have it, and the others keep their plan', () => {
  const { workloads } = planned({ set: ['profile=small', 'peers=2', 'mode=optimistic,queued'] })
  assert.deepEqual(named(workloads), [
    'ibd: small, 2 peers',
    'ibd: small, 2 peers, queued',
    'push: probe, 1 subscriber, optimistic',
    'push: probe, 1 subscriber, queued',
  ])
})

test('a workload in which none of the backends can take part is left out, and that is known', () => {
  const set = ['mode=optimistic,queued']
  const { workloads, leftOut } = planned({ scenario: ['push'], backend: ['libuv'], set })
  assert.deepEqual(named(workloads), ['push: probe, 1 subscriber, optimistic'])
  assert.deepEqual(named(leftOut), ['push: probe, 1 subscriber, queued'])
})

test('without a choice every backend is measured where it can be', () => {
  const { backends, leftOut } = planned({})
  assert.ok(backends.includes('floor') && backends.includes('libuv'))
  assert.deepEqual(leftOut, [])
})

test('a backend given twice is measured once, and a scenario, too', () => {
  const { workloads, backends } = planned({
    scenario: ['push', 'push'],
    backend: ['direct', 'libuv', 'direct'],
    set: ['mode=optimistic'],
  })
  assert.deepEqual([workloads.length, backends], [1, ['direct', 'libuv']])
})

test('a backend that can take part nowhere is refused', () => {
  const queued = { scenario: ['push'], set: ['mode=queued'] }
  assert.throws(() => planned({ ...queued, backend: ['direct', 'libuv'] }), {
    name: 'UsageError',
    message: /^libuv can take part in none of the chosen workloads: /,
  })
})
