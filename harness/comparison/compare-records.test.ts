import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from '../analysis/analyse.ts'
import { RunError } from '../errors.ts'
import { histogramOf, steady } from '../fixtures/latency.ts'
import type { SockbenchRecord } from '../record.ts'
import {
  killedProcess,
  measuredLarge,
  measuredLatency,
  syntheticProcess,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { compareRecords, type RecordComparison } from './compare-records.ts'

/** Rounds of direct (A and A′) at this cost, with noise of 1 %, or as given. */
function roundsAt(cost: number, { rounds = 8, noise = 0.005 } = {}) {
  return Array.from({ length: rounds }, (_, round) => {
    const level = cost * (1 + noise * Math.sin(7 * round))
    return (['A', "A'"] as const).map(arm =>
      syntheticProcess({ round, backend: 'direct', arm, cost: level }),
    )
  }).flat()
}

function recordAt(cost: number, options?: { rounds?: number; noise?: number }): SockbenchRecord {
  return syntheticRecord(measuredLarge(roundsAt(cost, options)))
}

function cpuOf(base: SockbenchRecord, head: SockbenchRecord, marginPercent = 1): RecordComparison {
  const { comparisons } = compareRecords(base, head, marginPercent)
  const cpu = comparisons.filter(({ metric }) => metric === 'cpu')
  assert.equal(cpu.length, 1)
  return cpu[0]
}

test('head that costs more by ratio is slower, and the other way round faster', () => {
  const slower = cpuOf(recordAt(1), recordAt(1.05))
  assert.equal(slower.verdict, 'slower')
  assert.ok(Math.abs(slower.ratio - 1.05) < 0.002)
  assert.ok(slower.low !== null && slower.high !== null)
  assert.ok(slower.low > 1.03 && slower.low < 1.05 && slower.high > 1.05 && slower.high < 1.07)
  assert.deepEqual([slower.baseRounds, slower.headRounds], [8, 8])
  assert.equal(slower.reference, true)
  assert.equal(cpuOf(recordAt(1.05), recordAt(1)).verdict, 'faster')
})

test('a record against itself: every ratio is 1, and it is equivalent where the noise allows', () => {
  const quiet = recordAt(1)
  const { comparisons, sameCommit } = compareRecords(quiet, quiet, 2)
  assert.deepEqual(
    comparisons.map(({ metric, ratio, verdict }) => [metric, ratio, verdict]),
    [
      ['cpu', 1, 'equivalent'],
      ['wall', 1, 'equivalent'],
    ],
  )
  assert.equal(sameCommit, true)
  const noisy = recordAt(1, { noise: 0.1 })
  const { ratio, verdict } = cpuOf(noisy, noisy)
  assert.deepEqual([ratio, verdict], [1, 'inconclusive'])
})

test('A and A′ of a round are one figure: they share what disturbed it', () => {
  const twins = roundsAt(1, { rounds: 3 })
  const { baseRounds, verdict, low, reason } = cpuOf(
    syntheticRecord(measuredLarge(twins)),
    recordAt(1, { rounds: 4 }),
  )
  assert.deepEqual([baseRounds, verdict, low], [3, 'inconclusive', null])
  assert.equal(reason, '3 and 4 rounds; at least 4 each needed')
})

test('rounds that are all alike have an interval of no width, and no NaN', () => {
  const same = cpuOf(recordAt(1, { noise: 0 }), recordAt(1, { noise: 0 }))
  assert.deepEqual([same.ratio, same.low, same.high, same.verdict], [1, 1, 1, 'equivalent'])
  const other = cpuOf(recordAt(1, { noise: 0 }), recordAt(1.5, { noise: 0 }))
  assert.equal(other.verdict, 'slower')
  assert.ok(other.low !== null && Math.abs(other.low - 1.5) < 1e-9)
})

test('one round each gives a ratio and no verdict', () => {
  const { ratio, low, high, verdict } = cpuOf(
    recordAt(1, { rounds: 1 }),
    recordAt(1.2, { rounds: 1 }),
  )
  assert.ok(Math.abs(ratio - 1.2) < 1e-9)
  assert.deepEqual([low, high, verdict], [null, null, 'inconclusive'])
})

test('of different machines there are ratios, and neither interval nor verdict', () => {
  const head = recordAt(1.05)
  const elsewhere = { ...head, environment: { ...head.environment, kernel: '6.6.0' } }
  const { differences, comparisons } = compareRecords(recordAt(1), elsewhere, 1)
  assert.deepEqual(differences, ['kernel: 6.1.0 / 6.6.0'])
  for (const { ratio, low, high, verdict } of comparisons) {
    assert.ok(Math.abs(ratio - 1.05) < 0.002)
    assert.deepEqual([low, high, verdict], [null, null, 'not comparable'])
  }
})

test('a run that was biased gives no verdict, whichever of the two it was', () => {
  const biased = syntheticRecord(
    measuredLarge(syntheticRounds(8, {}, { twin: 1.05, noisePercent: 0.1 })),
  )
  const quiet = recordAt(1.5)
  const first = cpuOf(biased, quiet)
  assert.deepEqual(
    [first.verdict, first.reason],
    ['invalid', 'A/A′ of the first record excludes 0'],
  )
  const second = cpuOf(quiet, biased)
  assert.deepEqual(
    [second.verdict, second.reason],
    ['invalid', 'A/A′ of the second record excludes 0'],
  )
})

test('rounds in which a subject died are left out of its figures alone', () => {
  const rounds = syntheticRounds(8, { other: 1.1 })
  const hurt = rounds.map(process =>
    process.round === 2 && process.backend === 'other' ? killedProcess(2, 'other', 'B') : process,
  )
  const base = syntheticRecord(measuredLarge(rounds))
  const { comparisons } = compareRecords(base, syntheticRecord(measuredLarge(hurt)), 1)
  const figures = comparisons
    .filter(({ metric }) => metric === 'cpu')
    .map(({ backend, baseRounds, headRounds }) => [backend, baseRounds, headRounds])
  assert.deepEqual(figures, [
    ['direct', 8, 8],
    ['other', 8, 7],
  ])
})

test('latencies are compared where there are enough, and wall time only where it is the subject’s', () => {
  const probes = (us: number): Measured =>
    measuredLatency(
      Array.from({ length: 8 }, (_, round) => {
        const histogram = histogramOf(steady(us * 1000, 2000))
        const latency = { histogram, lag: null }
        return syntheticProcess({ round, backend: 'direct', arm: 'A', cost: 1, latency })
      }),
    )
  const { comparisons } = compareRecords(
    syntheticRecord(probes(100)),
    syntheticRecord(probes(200)),
    1,
  )
  const ofLatency = comparisons.filter(({ unit }) => unit === 'µs')
  assert.deepEqual(
    ofLatency.map(({ metric, verdict }) => [metric, verdict]),
    [
      ['latencyP50', 'slower'],
      ['latencyP99', 'slower'],
    ],
  )
  assert.ok(ofLatency.every(({ ratio }) => Math.abs(ratio - 2) < 0.01))
  const held = recordHeldUpByItsDriver()
  const metrics = compareRecords(held, held, 1).comparisons.map(({ metric }) => metric)
  assert.deepEqual(metrics, ['cpu'])
})

/** Its core is busy all the time, the subject's is not. */
function recordHeldUpByItsDriver(): SockbenchRecord {
  const one = { backend: 'direct', arm: 'A', cost: 1, wallFactor: 2, driverFactor: 2 } as const
  return syntheticRecord(
    measuredLarge(Array.from({ length: 8 }, (_, round) => syntheticProcess({ round, ...one }))),
  )
}

test('what only one record has is listed, and nothing in common is an error', () => {
  const both = syntheticRecord(measuredLarge(syntheticRounds(8, { other: 1 })))
  const one = syntheticRecord(measuredLarge(syntheticRounds(8, { third: 1 })))
  const { onlyInBase, onlyInHead } = compareRecords(both, one, 1)
  assert.deepEqual(onlyInBase, ['ibd (large, 1 peer): other'])
  assert.deepEqual(onlyInHead, ['ibd (large, 1 peer): third'])
  const elsewhere = { ...measuredLarge(roundsAt(1)), parameters: { profile: 'small', peers: 1 } }
  assert.throws(
    () => compareRecords(both, syntheticRecord(elsewhere), 1),
    (error: unknown) =>
      error instanceof RunError &&
      error.message.startsWith('the two records have nothing in common: '),
  )
})

test('parameters are the same in any order', () => {
  const turned = { ...measuredLarge(roundsAt(1)), parameters: { peers: 1, profile: 'large' } }
  assert.equal(cpuOf(recordAt(1), syntheticRecord(turned)).ratio, 1)
})

test('a record that was merged is refused: its machines are not one', () => {
  const merged = { ...recordAt(1), merged: [recordAt(1), recordAt(1)] }
  assert.throws(
    () => compareRecords(merged, recordAt(1), 1),
    /^RunError: the first record was merg/,
  )
  assert.throws(
    () => compareRecords(recordAt(1), merged, 1),
    /^RunError: the second record was merg/,
  )
})

test('two commits, or changes beside one, are not the same commit', () => {
  const [base, head] = [recordAt(1), recordAt(1)]
  const { tool } = head
  for (const other of [
    { ...tool, gitSha: 'fedcba' },
    { ...tool, dirty: true },
    { ...tool, gitSha: null },
  ]) {
    assert.equal(compareRecords(base, { ...head, tool: other }, 1).sameCommit, false)
  }
})
