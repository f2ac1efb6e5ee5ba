import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  killedProcess,
  measuredLarge,
  syntheticProcess,
  syntheticRecord,
} from '../fixtures/synthetic-record.ts'
import { withModes } from '../html/fixtures/records.ts'
import { threadCosts } from './thread-costs.ts'
import { userAndKernel } from './user-and-kernel.ts'

const direct = syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 2 })
const failed = killedProcess(0, 'other', 'B')

test('by thread are the medians of the tables, of whoever finished', () => {
  const [result] = syntheticRecord(measuredLarge([direct, failed])).scenarios
  assert.deepEqual(threadCosts(result), [
    {
      name: 'direct',
      unit: 's/GB',
      parts: [
        { role: 'socket', cost: 1.5 },
        { role: 'handlers', cost: 0.5 },
      ],
    },
  ])
})

test('user and kernel time are shares of a subject’s CPU, by thread', () => {
  const [{ name, parts }, ...others] = userAndKernel({ processes: [withModes(direct), failed] })
  assert.deepEqual([name, others], ['direct', []])
  assert.deepEqual(parts, [
    { role: 'socket', mode: 'user', share: 0.25 },
    { role: 'socket', mode: 'kernel', share: 0.5 },
    { role: 'handlers', mode: 'user', share: 0.25 },
  ])
})

test('a record that does not say user and kernel time has none', () => {
  assert.deepEqual(userAndKernel({ processes: [direct, failed] }), [])
})

test('of less than a second of CPU ticks tell too little', () => {
  const short = withModes(direct)
  assert.ok(short.outcome.state === 'completed')
  short.outcome.modes = { 'b-net': { userNs: 5e8, kernelNs: 4e8 } }
  assert.deepEqual(userAndKernel({ processes: [short] }), [])
})
