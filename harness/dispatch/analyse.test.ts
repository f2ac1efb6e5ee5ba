import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  measuredLarge,
  syntheticProcess,
  syntheticRecord,
} from '../report/fixtures/synthetic-record.ts'
import { analyseDispatch } from './analyse.ts'
import type { DispatchProcess } from './record.ts'

/** A process that measured one connection and a thousand, which cost ten times as much. */
function measuredProcess(
  backend: string,
  round: number,
  [pollNs, eventNs, sendNs]: [number, number, number],
  consumers: 'one' | 'all' = 'one',
): DispatchProcess {
  const counts = {
    pollBytes: 10,
    eventBytes: 100,
    sendBytes: 50,
    lookupsPerPoll: 0,
    lookupsPerEvent: 0,
    lookupsPerSend: 0,
    collectionsPerIteration: 2,
  }
  const costs = [1, 10].map((factor, i) => ({
    connections: [1, 1_000][i],
    pollNs: factor * pollNs,
    eventNs: factor * eventNs,
    sendNs: factor * sendNs,
    ...counts,
  }))
  return { round, backend, consumers, outcome: { state: 'completed', costs } }
}

test('an estimate is the median over the processes of a backend and mix, connection count by count', () => {
  const { estimates } = analyseDispatch(
    [
      measuredProcess('direct', 0, [100, 1_000, 500]),
      measuredProcess('direct', 1, [300, 1_200, 700]),
      measuredProcess('direct', 2, [200, 900, 600]),
      measuredProcess('direct', 0, [1, 2, 3], 'all'),
    ],
    [],
  )
  assert.deepEqual(
    estimates.map(({ consumers, connections, pollNs, eventNs, sendNs, rounds }) => [
      consumers,
      connections,
      pollNs,
      eventNs,
      sendNs,
      rounds,
    ]),
    [
      ['one', 1, 200, 1_000, 600, 3],
      ['one', 1_000, 2_000, 10_000, 6_000, 3],
      ['all', 1, 1, 2, 3, 1],
      ['all', 1_000, 10, 20, 30, 1],
    ],
  )
})

/**
 * A GB costs 0.8 s of CPU; per GB: 4,000 polled connections, 2,000 chunks, 1,000 messages sent; with
 * a loop each everything is ten times as much.
 */
const scenarios = syntheticRecord(
  measuredLarge(
    [
      { backend: 'direct', loops: 'one' as const, arm: 'A' as const, times: 1 },
      { backend: 'direct', loops: 'one' as const, arm: "A'" as const, times: 1 },
      // Its own counts are not what is asked about.
      { backend: 'virtual-sockman', loops: 'one' as const, arm: 'B' as const, times: 7 },
      { backend: 'direct', loops: 'each' as const, arm: 'B' as const, times: 10 },
      { backend: 'virtual-sockman', loops: 'each' as const, arm: 'B' as const, times: 10 },
    ].map(({ times, ...subject }) =>
      syntheticProcess({
        ...subject,
        round: 0,
        cost: 0.8 * times,
        // Of three slices of a tenth of a GB.
        counters: {
          waitSetEntries: times * 1_200,
          'syscall.recv': times * 600,
          messagesSent: times * 300,
        },
      }),
    ),
  ),
).scenarios

test('a prediction is what each event costs more, times the events counted, against the measured CPU', () => {
  const { predictions } = analyseDispatch(
    [
      measuredProcess('direct', 0, [100, 1_000, 500]),
      measuredProcess('virtual-sockman', 0, [300, 1_400, 600]),
      measuredProcess('direct', 1, [100, 1_000, 500]),
      measuredProcess('virtual-sockman', 1, [300, 1_000, 500]),
      measuredProcess('direct', 2, [100, 1_000, 500]),
      measuredProcess('virtual-sockman', 2, [100, 1_000, 500]),
      // What three consumers cost is another question.
      measuredProcess('virtual-sockman', 0, [9e9, 9e9, 9e9], 'all'),
    ],
    scenarios,
  )
  // Round 0: 4,000 × 200 + 2,000 × 400 + 1,000 × 100 ns = 1.7 ms of 0.8 s; round 1: 0.8 ms.
  assert.equal(predictions.length, 1)
  const [{ backend, baseline, connections, predictedPercent, low, high }] = predictions
  assert.deepEqual([backend, baseline, connections], ['virtual-sockman', 'direct', 1])
  assert.ok(Math.abs(predictedPercent - 0.1) < 1e-9)
  assert.equal(low, 0)
  assert.ok(Math.abs(high - 0.2125) < 1e-9)
})

test('a backend that dispatch did not measure, or that failed in it, gets no prediction', () => {
  const failed: DispatchProcess = {
    round: 0,
    backend: 'virtual-sockman',
    consumers: 'one',
    outcome: { state: 'failed', reason: 'killed by SIGKILL' },
  }
  const direct = measuredProcess('direct', 0, [100, 1_000, 500])
  assert.deepEqual(analyseDispatch([direct], scenarios).predictions, [])
  const { predictions, estimates } = analyseDispatch([direct, failed], scenarios)
  assert.deepEqual(predictions, [])
  assert.deepEqual(new Set(estimates.map(({ backend }) => backend)), new Set(['direct']))
})
