import assert from 'node:assert/strict'
import { test } from 'node:test'
import { thisRevision } from '../revision.ts'
import { checkCounters } from './check-counters.ts'
import { countedWorkloads } from './counted-workloads.ts'
import { baselineOf } from './counter-baseline.ts'
import type { CountedRow, MeasuredCounters } from './judgement.ts'
import type { CountingOptions } from './measure-counters.ts'

const [first, second] = countedWorkloads

function rowOf(workload: string, recv: number): CountedRow {
  const counters = { recv: { state: 'stable', value: recv } } as const
  return { workload, backend: 'direct', unit: 'block', counters }
}

const baseline = baselineOf([rowOf(first.name, 1), rowOf(second.name, 1)])

const options: CountingOptions = {
  revision: thisRevision,
  backends: ['direct'],
  workloads: [first, second],
  pinning: null,
  signal: new AbortController().signal,
  observer: { countingStarts: () => {}, preparing: () => {}, warning: () => {} },
}

/** Checks what is counted at one time after the other. */
async function check(...times: MeasuredCounters[]) {
  const asked: string[][] = []
  const result = await checkCounters(baseline, options, ({ workloads = [] }) => {
    asked.push(workloads.map(({ name }) => name))
    const measured = times[asked.length - 1]
    assert.ok(measured, 'counted more often than expected')
    return Promise.resolve(measured)
  })
  return { result, asked }
}

function counted(...rows: CountedRow[]): MeasuredCounters {
  return { rows, failures: [] }
}

test('nothing is counted twice where nothing is off', async () => {
  const { result, asked } = await check(counted(rowOf(first.name, 1), rowOf(second.name, 1)))
  assert.deepEqual(result, { compared: 2, violations: [], notes: [], failures: [] })
  assert.equal(asked.length, 1)
})

test('a workload that is off is counted again, alone', async () => {
  const { result, asked } = await check(
    counted(rowOf(first.name, 1), rowOf(second.name, 2)),
    counted(rowOf(second.name, 2)),
  )
  assert.deepEqual(asked[1], [second.name])
  assert.deepEqual(
    result.violations.map(({ workload, is }) => ({ workload, is })),
    [{ workload: second.name, is: 2 }],
  )
})

for (const then of [1, 0.5]) {
  test(`2 for 1, and ${then} the second time, is no violation`, async () => {
    const { result } = await check(counted(rowOf(first.name, 2)), counted(rowOf(first.name, then)))
    assert.deepEqual(result.violations, [])
  })
}

test('a backend that fails the second time is a failure', async () => {
  const failure = { workload: first.name, backend: 'direct', reason: 'run: killed by SIGKILL' }
  const { result } = await check(counted(rowOf(first.name, 2)), { rows: [], failures: [failure] })
  assert.deepEqual(result.failures, [failure])
})
