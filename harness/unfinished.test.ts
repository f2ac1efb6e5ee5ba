import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ibd } from '../scenarios/ibd/index.ts'
import type { Plan } from './plan.ts'
import { killedProcess } from './report/fixtures/synthetic-record.ts'
import { thisRevision } from './revision.ts'
import { unfinishedWarnings } from './unfinished.ts'

const workloads = ibd.workloads(new Map(Object.entries({ profile: 'large,small', peers: '1' })))
const [large, small] = workloads.map(({ label }) => label)
const planned = (looks: number[]): Plan => ({
  measurements: workloads.map(workload => ({
    workload,
    label: workload.label,
    backends: ['direct'],
    schedule: { looks, boundary: 'obrien-fleming' },
  })),
  leftOut: [],
  backends: ['direct'],
  revisions: [thisRevision],
  dispatchRounds: 2,
  budgetMs: undefined,
  marginPercent: 1,
  seed: 1,
  pinning: null,
})
const plan = planned([3])

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

test('who was to be looked at more than once may end at any of the looks, and between them not', () => {
  const sequential = planned([2, 4, 6])
  assert.deepEqual(unfinishedWarnings(sequential, [measured(4), measured(5)], dispatched(2)), [
    `unfinished: 5 of 6 rounds of ibd (${small}) ran`,
  ])
})

test('of all that was planned nothing is said', () => {
  assert.deepEqual(unfinishedWarnings(plan, [measured(3), measured(3)], dispatched(2)), [])
  const withoutDispatch = { ...plan, dispatchRounds: 0 }
  assert.deepEqual(unfinishedWarnings(withoutDispatch, [measured(3), measured(3)], null), [])
})
