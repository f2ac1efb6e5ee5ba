import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ibd } from '../scenarios/ibd/index.ts'
import type { Plan } from './plan.ts'
import { killedProcess } from './report/fixtures/synthetic-record.ts'
import { unfinishedWarnings } from './unfinished.ts'

const workloads = ibd.workloads(new Map(Object.entries({ profile: 'large,small', peers: '1' })))
const [large, small] = workloads.map(({ label }) => label)
const plan: Plan = {
  workloads,
  leftOut: [],
  backends: ['direct'],
  dispatchRounds: 2,
  rounds: 3,
  budgetMs: undefined,
  marginPercent: 1,
  seed: 1,
  pinning: null,
}

/** So many rounds, of two subjects each. */
function measured(rounds: number) {
  const processes = Array.from({ length: rounds }, (_, round) => [
    killedProcess(round, 'direct', 'A'),
    killedProcess(round, 'direct', "A'"),
  ]).flat()
  return { processes }
}

function dispatched(rounds: number) {
  const outcome = { state: 'failed', reason: 'killed' } as const
  const processes = Array.from({ length: rounds }, (_, round) => ({
    round,
    backend: 'direct',
    consumers: 'one' as const,
    outcome,
  }))
  return { processes }
}

test('workloads that are missing are counted, dispatch as one of them', () => {
  assert.deepEqual(unfinishedWarnings(plan, [measured(3)], null), [
    'unfinished: 1 of 3 workloads were measured',
  ])
  assert.deepEqual(unfinishedWarnings(plan, [measured(3), measured(3)], null), [
    'unfinished: 2 of 3 workloads were measured',
  ])
})

test('rounds that are missing are counted for each workload', () => {
  assert.deepEqual(unfinishedWarnings(plan, [measured(3), measured(1)], dispatched(1)), [
    `unfinished: 1 of 3 rounds of ibd (${small}) ran`,
    'unfinished: 1 of 2 rounds of dispatch ran',
  ])
  const [first] = unfinishedWarnings(plan, [measured(2), measured(3)], dispatched(2))
  assert.equal(first, `unfinished: 2 of 3 rounds of ibd (${large}) ran`)
})

test('of all that was planned nothing is said', () => {
  assert.deepEqual(unfinishedWarnings(plan, [measured(3), measured(3)], dispatched(2)), [])
  const withoutDispatch = { ...plan, dispatchRounds: 0 }
  assert.deepEqual(unfinishedWarnings(withoutDispatch, [measured(3), measured(3)], null), [])
})
