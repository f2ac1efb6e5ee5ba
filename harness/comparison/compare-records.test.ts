import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from '../analysis/analyse.ts'
import { RunError } from '../errors.ts'
import { histogramOf, steady } from '../fixtures/latency.ts'
import type { RevisionSource, SockbenchRecord } from '../record.ts'
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

function ofOtherCommit(record: SockbenchRecord): SockbenchRecord {
  return { ...record, tool: { ...record.tool, gitSha: 'fedcba9876543210' } }
}

function cpuOf(base: SockbenchRecord, head: SockbenchRecord, marginPercent = 1): RecordComparison {
  const { comparisons } = compareRecords(base, ofOtherCommit(head), marginPercent)
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

test('one round beside forty is too few, on either side', () => {
  const [one, forty] = [recordAt(1, { rounds: 1 }), recordAt(1.2, { rounds: 40 })]
  for (const [found, sizes] of [
    [cpuOf(one, forty), '1 and 40'],
    [cpuOf(forty, one), '40 and 1'],
  ] as const) {
    assert.deepEqual([found.low, found.high, found.verdict], [null, null, 'inconclusive'])
    assert.equal(found.reason, `${sizes} rounds; at least 2 each needed`)
  }
  assert.equal(cpuOf(recordAt(1, { rounds: 2 }), forty).verdict, 'slower')
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
    ofOtherCommit(syntheticRecord(probes(200))),
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
})

test('of a program that was held up by its driver, CPU alone is compared', () => {
  const held = recordHeldUpByItsDriver()
  assert.ok(held.scenarios[0].estimates.some(({ metric }) => metric === 'latencyP99'))
  const metrics = compareRecords(held, held, 1).comparisons.map(({ metric }) => metric)
  assert.deepEqual(metrics, ['cpu'])
})

/** Its core is busy all the time, the subject's is not. */
function recordHeldUpByItsDriver(): SockbenchRecord {
  const one = { backend: 'direct', arm: 'A', cost: 1, wallFactor: 2, driverFactor: 2 } as const
  const latency = { histogram: histogramOf(steady(100_000, 2000)), lag: null }
  return syntheticRecord(
    measuredLarge(
      Array.from({ length: 8 }, (_, round) => syntheticProcess({ round, ...one, latency })),
    ),
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

test('revisions have to be of the same commits, too, and a command is of none', () => {
  const clean = { ref: 'main', gitSha: '0123', dirty: false, directory: null, command: null }
  const revision = (name: string, other: Partial<RevisionSource> = {}): RevisionSource => ({
    ...clean,
    name,
    ...other,
  })
  const [base, head] = [recordAt(1), recordAt(1)]
  const isSame = (ours: RevisionSource[], theirs: RevisionSource[]) =>
    compareRecords({ ...base, revisions: ours }, { ...head, revisions: theirs }, 1).sameCommit
  const both = [revision('base'), revision('head', { gitSha: '4567' })]
  assert.equal(isSame(both, both), true)
  assert.equal(isSame([], both), false)
  const others: Partial<RevisionSource>[] = [
    { gitSha: '89ab' },
    { dirty: true },
    { gitSha: null, dirty: null, command: './subject' },
  ]
  for (const other of others) {
    const changed = [both[0], revision('head', other)]
    assert.equal(isSame(both, changed), false)
    assert.equal(isSame(changed, both), false)
  }
  const unknown = [revision('base'), revision('head', { gitSha: null })]
  assert.equal(isSame(unknown, unknown), false)
})

test('what differs between two runs of one commit is the machine, and nobody is slower', () => {
  const { comparisons } = compareRecords(recordAt(1), recordAt(1.05), 1)
  assert.deepEqual(
    comparisons.map(({ metric, verdict, withinMargin, reason }) => ({
      metric,
      verdict,
      withinMargin,
      reason,
    })),
    ['cpu', 'wall'].map(metric => ({
      metric,
      verdict: 'invalid',
      withinMargin: false,
      reason: 'the machine changed: both are of one commit',
    })),
  )
})

test('where the bare loop differs, the machine changed, and there is no verdict on anything', () => {
  const found = (head: SockbenchRecord) =>
    compareRecords(withFloor(1, 0.5), ofOtherCommit(head), 2).comparisons.map(
      ({ backend, metric, verdict }) => [backend, metric, verdict],
    )
  const rows = (direct: string, floor: string) => [
    ['direct', 'cpu', direct],
    ['direct', 'wall', direct],
    ['floor', 'cpu', floor],
    ['floor', 'wall', floor],
  ]
  assert.deepEqual(found(withFloor(1.05, 0.5)), rows('slower', 'equivalent'))
  assert.deepEqual(found(withFloor(1.05, 0.52)), rows('invalid', 'invalid'))
  // The machine became faster by as much as the program became slower.
  assert.deepEqual(found(withFloor(1, 0.48)), rows('invalid', 'invalid'))
  const [{ reason, low }] = compareRecords(
    withFloor(1, 0.5),
    ofOtherCommit(withFloor(1, 0.6)),
    2,
  ).comparisons
  assert.equal(reason, 'the machine changed: the bare loop differs')
  assert.ok(low !== null)
})

function withFloor(cost: number, floor: number): SockbenchRecord {
  const floors = roundsAt(floor)
    .filter(({ arm }) => arm === 'A')
    .map(process => ({ ...process, backend: 'floor', arm: 'floor' as const }))
  return syntheticRecord(measuredLarge([...roundsAt(cost), ...floors]))
}
