import assert from 'node:assert/strict'
import { test } from 'node:test'
import { thisRevision } from '../revision.ts'
import { type Counting, countingOptions } from './gated-counters.ts'
import { usualBackends } from './gated-measurements.ts'

const counting: Counting = {
  revision: thisRevision,
  pinning: null,
  signal: new AbortController().signal,
  observer: { countingStarts: () => {}, preparing: () => {}, warning: () => {} },
}

test('without a list it is the fixed one, on the usual backends', () => {
  const { workloads, backends } = countingOptions({}, counting)
  assert.deepEqual([workloads, backends], [undefined, usualBackends])
})

test('each workload of a list has backends of its own', () => {
  const scenarios = [
    { scenario: 'ibd', set: { profile: 'small' }, backends: ['direct'] },
    { scenario: 'ibd', set: { profile: 'large' }, backends: ['libuv'] },
    { scenario: 'push', set: { mode: 'optimistic' } },
  ]
  const { workloads = [] } = countingOptions({ scenarios }, counting)
  assert.deepEqual(
    workloads.map(({ backends }) => backends),
    [['direct'], ['libuv'], usualBackends],
  )
})
