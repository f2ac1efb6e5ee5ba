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

const failure = { workload: first.name, backend: 'direct', reason: 'run: killed by SIGKILL' }
const failed: MeasuredCounters = { rows: [rowOf(second.name, 1)], failures: [failure] }
const failedAgain: MeasuredCounters = { rows: [], failures: [failure] }

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

for (const [once, then, count] of [
  [1.01, 1.01, 1],
  [1.01, 1.02, 0],
  [1.01, 3, 0],
  [1.5, 1.7, 1],
] as const) {
  test(`${once} for 1, and ${then} the second time: ${count} violations`, async () => {
    const { result } = await check(
      counted(rowOf(first.name, once)),
      counted(rowOf(first.name, then)),
    )
    assert.equal(result.violations.length, count)
  })
}

test('what fails twice is a failure', async () => {
  const { result, asked } = await check(failed, failedAgain)
  assert.deepEqual(asked[1], [first.name])
  assert.deepEqual(result, { compared: 1, violations: [], notes: [], failures: [failure] })
})

test('what fails once is compared by its second time', async () => {
  const { result } = await check(failed, counted(rowOf(first.name, 1)))
  assert.deepEqual(result, { compared: 2, violations: [], notes: [], failures: [] })
})

test('wrong in one way and then in the other is wrong', async () => {
  const violated = await check(failed, counted(rowOf(first.name, 2)))
  assert.deepEqual(
    violated.result.violations.map(({ workload, is }) => ({ workload, is })),
    [{ workload: first.name, is: 2 }],
  )
  assert.deepEqual(violated.result.failures, [])
  const died = await check(counted(rowOf(first.name, 2), rowOf(second.name, 1)), failedAgain)
  assert.deepEqual([died.result.violations, died.result.failures], [[], [failure]])
})

test('a backend that was right the first time, and fails beside a suspect, is none', async () => {
  const suspect = { ...rowOf(first.name, 2), backend: 'virtual-sockman' }
  const known = baselineOf([
    rowOf(first.name, 1),
    { ...rowOf(first.name, 1), backend: suspect.backend },
  ])
  const times = [counted(rowOf(first.name, 1), suspect), { rows: [suspect], failures: [failure] }]
  const result = await checkCounters(known, options, () =>
    Promise.resolve(times.shift() ?? assert.fail('counted more often than expected')),
  )
  assert.deepEqual([result.violations.length, result.failures], [1, []])
})
