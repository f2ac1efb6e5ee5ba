import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IdleSample, ProcessSample } from '../record.ts'
import { syntheticProcess } from '../report/fixtures/synthetic-record.ts'
import { analyseIdleness } from './idleness.ts'
import { subjectsOf } from './subjects.ts'

const idle: IdleSample = {
  seconds: 2,
  threads: { 'b-net': { cpuNs: 0.3e9, waitNs: 0 }, other: { cpuNs: 0.1e9, waitNs: 0 } },
  counters: { 'syscall.poll': 40 },
}
const resting = (process: { idle?: IdleSample; counters?: Record<string, number> }) =>
  syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 1, ...process })
const estimated = (process: ProcessSample) =>
  analyseIdleness(subjectsOf([process])).map(({ metric, value, unit }) => [metric, value, unit])

test('at rest: CPU of all threads as a share of a core, and polls per second', () => {
  assert.deepEqual(estimated(resting({ idle, counters: { 'syscall.poll': 5 } })), [
    ['idleCpu', 0.2, 'cores'],
    ['idlePolls', 20, 'polls/s'],
  ])
})

test('a backend that never counts a poll has no polls to tell of; one that rests without any, 0', () => {
  const silent = { ...idle, counters: { 'syscall.poll': 0 } }
  const metrics = (polls: number) =>
    estimated(resting({ idle: silent, counters: { 'syscall.poll': polls } }))
  assert.deepEqual(metrics(0), [['idleCpu', 0.2, 'cores']])
  assert.deepEqual(metrics(3)[1], ['idlePolls', 0, 'polls/s'])
})

test('where no idle window was measured there is no figure', () => {
  assert.deepEqual(estimated(resting({})), [])
})
