import assert from 'node:assert/strict'
import { test } from 'node:test'
import { processCounts } from './process-counts.ts'

type Outcome = Parameters<typeof processCounts>[0]

function outcome(counters: Record<string, number>, atRest: Record<string, number>, messages = 10) {
  return {
    state: 'completed',
    slices: [],
    latency: null,
    idle: { seconds: 0.2, threads: {}, counters: atRest },
    counters,
    countedUnits: { bytes: 0, messages },
  } satisfies Outcome
}

test('what iterations without an event have counted is taken off', () => {
  const worked = { 'syscall.poll': 23, pollTimeouts: 3, lookups: 32, 'syscall.recv': 10 }
  const rested = { 'syscall.poll': 4, pollTimeouts: 4, lookups: 16, 'syscall.recv': 0 }
  const { perUnit, perIdlePoll, timeouts } = processCounts(outcome(worked, rested))
  assert.deepEqual(perUnit, { 'syscall.poll': 2, lookups: 2, 'syscall.recv': 1 })
  assert.deepEqual(perIdlePoll, { 'syscall.poll': 1, lookups: 4, 'syscall.recv': 0 })
  assert.equal(timeouts, 3)
})

test('a backend without a poll loop has its counts as they are', () => {
  const rested = { 'syscall.poll': 0, pollTimeouts: 0, bytesSent: 0 }
  const worked = { 'syscall.poll': 0, pollTimeouts: 0, bytesSent: 320 }
  assert.deepEqual(processCounts(outcome(worked, rested)), {
    perUnit: { 'syscall.poll': 0, bytesSent: 32 },
    perIdlePoll: {},
    timeouts: 0,
  })
})

test('what depends on time is not there, in work or at rest', () => {
  const timed = { pollTimeouts: 1, handlerWakeUps: 2, sendWaits45ms: 3, receiveWaits45ms: 4 }
  assert.deepEqual(processCounts(outcome(timed, timed)), {
    perUnit: {},
    perIdlePoll: {},
    timeouts: 1,
  })
})

test('nothing is divided by no work', () => {
  const { perUnit } = processCounts(outcome({ 'syscall.recv': 1 }, {}, 0))
  assert.deepEqual(perUnit, {})
})
