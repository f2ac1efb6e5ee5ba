import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mixed } from '../scenarios/mixed/index.ts'
import { push } from '../scenarios/push/index.ts'
import { socketBufferSizes } from './plan.ts'

test('buffer sizes are those of all services of all workloads, each once, smallest first', () => {
  const sizes = new Map([['buffer-bytes', '9000,262144,100000']])
  const workloads = [...push.workloads(sizes), ...mixed.workloads(new Map())]
  assert.deepEqual(socketBufferSizes({ workloads }), [9_000, 100_000, 262_144])
  assert.deepEqual(socketBufferSizes({ workloads: [] }), [])
})
