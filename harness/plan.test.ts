import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ibd } from '../scenarios/ibd/index.ts'
import { mixed } from '../scenarios/mixed/index.ts'
import { push } from '../scenarios/push/index.ts'
import { fixedRounds, socketBufferSizes } from './plan.ts'

test('buffer sizes are those of all services of all workloads, each once, smallest first', () => {
  const sizes = new Map([['buffer-bytes', '9000,262144,100000']])
  const workloads = [...push.workloads(sizes), ...mixed.workloads(new Map())]
  const measurements = workloads.map(workload => ({
    workload,
    label: workload.label,
    backends: ['direct'],
    schedule: fixedRounds(6, workload),
  }))
  assert.deepEqual(socketBufferSizes({ measurements }), [9_000, 100_000, 262_144])
  assert.deepEqual(socketBufferSizes({ measurements: [] }), [])
})

test('buffers that are left to the kernel are of no size', () => {
  const measurements = ibd
    .workloads(
      new Map([
        ['profile', 'large'],
        ['buffer-bytes', '0,65536'],
      ]),
    )
    .map(workload => ({
      workload,
      label: workload.label,
      backends: ['direct'],
      schedule: fixedRounds(6, workload),
    }))
  assert.deepEqual(socketBufferSizes({ measurements }), [65_536])
})
