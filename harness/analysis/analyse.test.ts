import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../../scenarios/random.ts'
import type { ProcessSample } from '../record.ts'
import {
  killedProcess,
  loopRounds,
  measuredLarge,
  syntheticProcess,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { analyse, type Conclusions, type Measured } from './analyse.ts'

type Analysis = Conclusions & { warnings: string[] }

function conclude(measured: Measured, marginPercent = 1): Analysis {
  const { conclusions, warnings } = analyse(measured, { marginPercent, roundsAre: 'over' })
  return { ...conclusions, warnings }
}

const analysed = (processes: ProcessSample[]) => conclude(measuredLarge(processes))

test('a backend that costs 5 % more is slower, by about that', () => {
  const found = cpuOf(analysed(syntheticRounds(8, { other: 1.05 })), 'other')
  assert.equal(found.verdict, 'slower')
  assert.equal(found.withinMargin, false)
  assert.equal(found.rounds, 8)
  assert.ok(Math.abs(found.ratio - 1.05) < 0.005, String(found.ratio))
  assert.ok(found.low !== null && found.low > 1.04 && found.low < found.ratio)
  assert.ok(found.high !== null && found.high < 1.06 && found.high > found.ratio)
  assert.ok(found.mdePercent !== null && found.mdePercent > 0.1 && found.mdePercent < 1.5)
})

test('a backend that costs 5 % less is faster, and an equal one equivalent', () => {
  const analysis = analysed(syntheticRounds(8, { less: 0.95, same: 1 }, { noisePercent: 0.3 }))
  assert.equal(cpuOf(analysis, 'less').verdict, 'faster')
  assert.equal(cpuOf(analysis, 'same').verdict, 'equivalent')
})

test('the reference of a round is the geometric mean of A and A′', () => {
  const processes = syntheticRounds(8, { other: 1.02 }, { noisePercent: 0, twin: 1.04 })
  const found = cpuOf(analysed(processes), 'other')
  assert.ok(Math.abs(found.ratio - 1.02 / Math.sqrt(1.04)) < 1e-12)
})

test('without A′ the reference is A alone, and a warning says what is missing', () => {
  const processes = syntheticRounds(8, { other: 1.02 }, { noisePercent: 0 })
  const analysis = analysed(processes.filter(({ arm }) => arm !== "A'"))
  assert.ok(Math.abs(cpuOf(analysis, 'other').ratio - 1.02) < 1e-12)
  assert.match(analysis.warnings.join(), /no A\/A′ pair/)
})

test('an A/A′ interval that excludes 0 makes every comparison of that metric invalid', () => {
  const analysis = analysed(syntheticRounds(8, { other: 1.05 }, { twin: 1.03 }))
  assert.ok(analysis.comparisons.length === 4)
  for (const { verdict, reason } of analysis.comparisons) {
    assert.equal(verdict, 'invalid')
    assert.match(reason ?? '', /A\/A′ excludes 0/)
  }
})

test('a bias in elapsed time leaves the CPU comparison valid', () => {
  const rounds = Array.from({ length: 8 }, (_, round) => [
    syntheticProcess({ round, backend: 'direct', arm: 'A', cost: 1 }),
    syntheticProcess({ round, backend: 'direct', arm: "A'", cost: 1, wallFactor: 1.5 }),
    syntheticProcess({ round, backend: 'other', arm: 'B', cost: 1 }),
  ]).flat()
  const { comparisons } = analysed(rounds)
  const verdicts = comparisons.map(c => `${c.kind} ${c.metric} ${c.verdict}`)
  assert.deepEqual(verdicts, [
    'aa cpu equivalent',
    'backend cpu equivalent',
    'aa wall invalid',
    'backend wall invalid',
  ])
})

test('no variation at all gives an interval of width zero, and a verdict', () => {
  const found = cpuOf(analysed(syntheticRounds(6, { other: 1 }, { noisePercent: 0 })), 'other')
  assert.deepEqual(
    [found.ratio, found.low, found.high, found.mdePercent, found.verdict],
    [1, 1, 1, 0, 'equivalent'],
  )
})

test('five rounds give a ratio, no interval and no verdict', () => {
  const found = cpuOf(analysed(syntheticRounds(5, { other: 1.5 })), 'other')
  assert.deepEqual([found.low, found.high, found.verdict], [null, null, 'inconclusive'])
  assert.equal(found.reason, '5 rounds; at least 6 needed')
  assert.equal(found.withinMargin, false)
})

test('a single round has no minimum detectable effect', () => {
  const found = cpuOf(analysed(syntheticRounds(1, { other: 1.5 })), 'other')
  assert.equal(found.mdePercent, null)
  assert.equal(found.reason, '1 round; at least 6 needed')
})

test('a round with a killed subject is left out of its comparison, and of no other', () => {
  const processes = syntheticRounds(8, { other: 1.05, third: 1 })
  const analysis = analysed(processes.map(p => killedIf(p, p.backend === 'other' && p.round === 2)))
  assert.equal(cpuOf(analysis, 'other').rounds, 7)
  assert.equal(cpuOf(analysis, 'third').rounds, 8)
  assert.match(analysis.warnings.join('\n'), /other: 1 of 8 processes gave no figure/)
})

test('a round whose A′ was killed counts for nobody, as its reference is incomplete', () => {
  const processes = syntheticRounds(8, { other: 1.05 })
  const { comparisons } = analysed(processes.map(p => killedIf(p, p.arm === "A'" && p.round === 2)))
  assert.deepEqual(
    comparisons.map(({ rounds }) => rounds),
    [7, 7, 7, 7],
  )
})

test('a subject that never finished gets neither an estimate nor a ratio', () => {
  const processes = syntheticRounds(8, { other: 1.05, third: 1 })
  const analysis = analysed(processes.map(p => killedIf(p, p.backend === 'other')))
  assert.deepEqual(
    analysis.estimates.filter(({ backend }) => backend === 'other'),
    [],
  )
  assert.deepEqual(
    analysis.comparisons.filter(({ backend }) => backend === 'other'),
    [],
  )
  assert.equal(cpuOf(analysis, 'third').rounds, 8)
})

test('a process that did no work, or took no time for it, gives no figure', () => {
  const processes = syntheticRounds(8, { other: 1 })
  const [idle, clockless] = processes.filter(({ arm }) => arm === 'B')
  assert.ok(idle.outcome.state === 'completed' && clockless.outcome.state === 'completed')
  for (const slice of idle.outcome.slices) slice.bytes = 0
  for (const slice of clockless.outcome.slices) slice.threads = {}
  assert.equal(cpuOf(analysed(processes), 'other').rounds, 6)
})

test('a slice with a spike is trimmed away', () => {
  const rounds = (spike: number) =>
    Array.from({ length: 6 }, (_, round) =>
      syntheticProcess({
        round,
        backend: 'direct',
        arm: 'A',
        cost: 1,
        sliceFactors: [1, spike, 1, 1, 1],
      }),
    )
  assert.deepEqual(analysed(rounds(9)).estimates, analysed(rounds(1)).estimates)
})

test('estimates come in seconds per GB, split by thread, with the driver beside them', () => {
  const rounds = [0.5, 0.75, 1].map((cost, round) =>
    syntheticProcess({ round, backend: 'direct', arm: 'A', cost }),
  )
  const { estimates } = analysed(rounds)
  const values = Object.fromEntries(estimates.map(e => [e.metric, e.value.toFixed(6)]))
  assert.deepEqual(values, {
    cpu: '0.750000',
    wall: '0.937500',
    cpuSocketThread: '0.562500',
    cpuHandlers: '0.187500',
    driverCpu: '0.187500',
  })
  const [{ low, high, interval, unit }] = estimates
  assert.deepEqual([low, high, interval, unit], [0.5, 1, 'range', 's/GB'])
})

test('in messages, the cost is nanoseconds per message', () => {
  const processes = [syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 0.8 })]
  const measured = { ...measuredLarge(processes), unit: 'message' as const }
  const [cpu] = conclude(measured).estimates
  // 0.8 s/GB × 10^8 bytes in 100 messages
  assert.deepEqual([cpu.value.toFixed(3), cpu.unit], ['800000.000', 'ns/message'])
})

test('threads are told apart by what they do, whatever the protocol calls them', () => {
  const process = syntheticProcess({ round: 0, backend: 'direct', arm: 'A', cost: 1 })
  assert.ok(process.outcome.state === 'completed')
  const ns = (cpuNs: number) => ({ cpuNs, waitNs: 0 })
  for (const slice of process.outcome.slices) {
    slice.threads = { 'b-net': ns(1e8), 'b-http': ns(2e8), 'b-httpworker': ns(4e8), other: ns(8e8) }
  }
  const { estimates } = analysed([process])
  const values = Object.fromEntries(estimates.map(e => [e.metric, e.value]))
  const { cpuSocketThread, cpuHandlers, cpuOther, cpu } = values
  assert.deepEqual([cpuSocketThread, cpuHandlers, cpuOther, cpu], [3, 4, 8, 15])
})

test('slices of subjects that lived one after the other are not taken for pairs', () => {
  const up = [1, 2, 4, 8, 16]
  const turned = [16, 1, 2, 4, 8]
  const processes = [0, 1, 2, 3, 4, 5].flatMap(round => [
    syntheticProcess({ round, backend: 'direct', arm: 'A', cost: 1, sliceFactors: up }),
    syntheticProcess({ round, backend: 'direct', arm: "A'", cost: 1, sliceFactors: up }),
    syntheticProcess({ round, backend: 'other', arm: 'B', cost: 1, sliceFactors: turned }),
  ])
  const alone = { ...measuredLarge(processes), lives: 'alone' } as const
  assert.equal(cpuOf(conclude(alone), 'other').ratio, 1)
  const uneven = processes.filter(({ arm, round }) => arm !== 'B' || round > 0)
  assert.equal(cpuOf(conclude({ ...alone, processes: uneven }), 'other').rounds, 5)
})

test('the floor is compared by CPU only, as the baseline of the reference', () => {
  const processes = syntheticRounds(8, {}, { noisePercent: 0, floor: 0.8 })
  const { comparisons } = analysed(processes)
  const floors = comparisons.filter(({ baseline }) => baseline === 'floor')
  assert.deepEqual(
    floors.map(({ backend, metric }) => [backend, metric]),
    [['direct', 'cpu']],
  )
  assert.ok(Math.abs(floors[0].ratio - 1.25) < 1e-12)
})

test('where the driver was the bottleneck, elapsed time is not given', () => {
  const analysis = analysed(besideReference({ wallFactor: 2, driverFactor: 1.9 }))
  const others = analysis.estimates.filter(({ backend }) => backend === 'other')
  assert.ok(!others.some(({ metric }) => metric === 'wall'))
  assert.ok(!analysis.comparisons.some(c => c.backend === 'other' && c.metric === 'wall'))
  assert.equal(cpuOf(analysis, 'other').rounds, 6)
  assert.deepEqual(analysis.driverBound, [{ backend: 'other', loops: null, revision: null }])
  assert.match(analysis.warnings.join(), /other: the driver was the bottleneck/)
})

test('a driver that is as busy as its subject holds nobody up', () => {
  const analysis = analysed(besideReference({ wallFactor: 1.05, driverFactor: 1 }))
  assert.ok(analysis.comparisons.some(c => c.backend === 'other' && c.metric === 'wall'))
  assert.doesNotMatch(analysis.warnings.join('\n'), /driver/)
})

/** Six rounds in which the other backend's slices cost this much more than the reference's. */
function besideSteadyReference(sliceFactors: number[]): ProcessSample[] {
  const steady = sliceFactors.map(() => 1)
  return [0, 1, 2, 3, 4, 5].flatMap(round => [
    syntheticProcess({ round, backend: 'direct', arm: 'A', cost: 1, sliceFactors: steady }),
    syntheticProcess({ round, backend: 'direct', arm: "A'", cost: 1, sliceFactors: steady }),
    syntheticProcess({ round, backend: 'other', arm: 'B', cost: 1, sliceFactors }),
  ])
}

test('a difference that moves while the slices run is reported, unless by less than the margin', () => {
  const moved = besideSteadyReference([1, 1, 1, 1, 0.9, 0.9])
  assert.match(analysed(moved).warnings.join(), /other: its CPU difference moved by −10\.0 %/)
  const hardly = besideSteadyReference([1, 1, 1, 1, 0.995, 0.995])
  assert.deepEqual(analysed(hardly).warnings, [])
})

test('slices that were trimmed away and say something else are reported', () => {
  const bursts = besideSteadyReference([1, 1, 1, 1.5, 1, 1, 1, 1, 1, 1])
  assert.match(
    analysed(bursts).warnings.join(),
    /other: over all slices its CPU difference is \+4\.1 % away from what the trimmed one says/,
  )
})

test('CPU read while a thread ran is reported above one slice in twenty', () => {
  const inexact = (upTo: number) =>
    besideSteadyReference([1, 1, 1]).map(process => {
      if (process.arm !== 'B' || process.outcome.state === 'failed') return process
      const slices = process.outcome.slices.map(slice => ({ ...slice, exact: slice.group >= upTo }))
      return { ...process, outcome: { ...process.outcome, slices } }
    })
  assert.match(
    analysed(inexact(1)).warnings.join(),
    /other: in 33 % of its slices a thread still ran/,
  )
  assert.deepEqual(analysed(inexact(0)).warnings, [])
})

const fourCosts = { reference: 1, other: 1.1, referenceEach: 1.2, otherEach: 1.5 }
const ratiosOf = ({ comparisons }: Analysis) =>
  comparisons
    .filter(({ metric }) => metric === 'cpu')
    .map(
      ({ kind, backend, loops, baseline, baselineLoops, ratio }) =>
        `${kind}: ${backend} ${loops} / ${baseline} ${baselineLoops} = ${ratio.toFixed(3)}`,
    )

test('loops: backends are compared where they share them alike, and each with itself', () => {
  assert.deepEqual(ratiosOf(analysed(loopRounds(6, fourCosts))), [
    'aa: direct one / direct one = 1.000',
    'backend: other one / direct one = 1.100',
    'loops: direct each / direct one = 1.200',
    'backend: other each / direct each = 1.250',
    'loops: other each / other one = 1.364',
  ])
})

test('loops: the reference with one loop is the mean of A and A′', () => {
  const processes = loopRounds(6, fourCosts).map(process =>
    process.arm === "A'" ? syntheticProcess({ ...process, cost: 1.21 }) : process,
  )
  const found = ratiosOf(analysed(processes))
  assert.equal(found[2], 'loops: direct each / direct one = 1.091')
  assert.equal(found[3], 'backend: other each / direct each = 1.250')
})

test('loops: figures and findings of the two ways do not mix', () => {
  const processes = loopRounds(6, fourCosts).map(process =>
    process.loops === 'each' && process.backend === 'direct'
      ? syntheticProcess({ ...process, cost: 1.2, wallFactor: 2, driverFactor: 1.9 })
      : process,
  )
  const { estimates, driverBound } = analysed(processes)
  const cpu = estimates.filter(({ metric }) => metric === 'cpu')
  assert.deepEqual(
    cpu.map(({ backend, loops, arm, value }) => [backend, loops, arm, value.toFixed(2)]),
    [
      ['direct', 'one', 'A', '1.00'],
      ['direct', 'one', "A'", '1.00'],
      ['other', 'one', 'B', '1.10'],
      ['direct', 'each', 'B', '1.20'],
      ['other', 'each', 'B', '1.50'],
    ],
  )
  assert.deepEqual(driverBound, [{ backend: 'direct', loops: 'each', revision: null }])
  assert.equal(estimates.filter(({ metric }) => metric === 'wall').length, 4)
})

test('loops: a difference that moves is told of the pair in which it does', () => {
  const processes = loopRounds(6, { reference: 1, other: 1, referenceEach: 1, otherEach: 1 }).map(
    process => {
      const moves = process.loops === 'each' && process.backend === 'other'
      const sliceFactors = moves ? [1, 1, 1, 1, 0.9, 0.9] : [1, 1, 1, 1, 1, 1]
      return syntheticProcess({ ...process, cost: 1, sliceFactors })
    },
  )
  const warnings = analysed(processes).warnings.filter(warning => warning.includes('moved'))
  assert.equal(warnings.length, 2)
  assert.match(warnings[0], /other, a loop each: its CPU difference moved by −10\.0 %/)
  assert.match(warnings[1], /other, a loop each: its CPU difference from other moved by −10\.0 %/)
})

test('nothing measured is nothing concluded', () => {
  const { estimates, comparisons } = analysed([])
  assert.deepEqual([estimates, comparisons], [[], []])
})

/** Six rounds of an ordinary reference and of another backend with these properties. */
function besideReference(other: { wallFactor: number; driverFactor: number }): ProcessSample[] {
  const rounds = [0, 1, 2, 3, 4, 5]
  const others = rounds.map(round =>
    syntheticProcess({ round, backend: 'other', arm: 'B', cost: 1, ...other }),
  )
  return [...syntheticRounds(rounds.length, {}), ...others]
}

function cpuOf({ comparisons }: Analysis, backend: string) {
  const found = comparisons.find(
    c => c.backend === backend && c.metric === 'cpu' && c.kind === 'backend',
  )
  assert.ok(found, `no comparison of ${backend}`)
  return found
}

function killedIf(process: ProcessSample, condition: boolean): ProcessSample {
  return condition ? killedProcess(process.round, process.backend, process.arm) : process
}

/** So many rounds, in each of which the other backend costs what the list says. */
function roundsCosting(costs: readonly number[]): ProcessSample[] {
  return costs.flatMap((cost, round) => [
    syntheticProcess({ round, backend: 'direct', arm: 'A', cost: 1 }),
    syntheticProcess({ round, backend: 'direct', arm: "A'", cost: 1 }),
    syntheticProcess({ round, backend: 'other', arm: 'B', cost }),
  ])
}

test('rounds that are not independent are told: a trend, and neighbours that are alike', () => {
  const rising = Array.from({ length: 10 }, (_, round) => 1 + round / 100)
  const told = (costs: readonly number[]) => analysed(roundsCosting(costs)).warnings.join('\n')
  assert.match(told(rising), /other: its CPU difference rises from round to round: rounds are not/)
  assert.match(told(rising.toReversed()), /falls from round to round/)
  const wave = Array.from({ length: 24 }, (_, round) => 1 + Math.sin(round / 2) / 50)
  assert.match(told(wave), /is alike from round to round/)
  const alternating = Array.from({ length: 10 }, (_, round) => 1 + (round % 2) / 100)
  assert.equal(told(alternating), '')
  const unnoticeable = rising.map(cost => 1 + (cost - 1) / 1_000)
  assert.equal(told(unnoticeable), '')
})

test('looks: a verdict counts from the look that reached it, at the level of that look', () => {
  const schedule = { looks: [8, 16, 24, 32], boundary: 'obrien-fleming' } as const
  const costs = Array.from({ length: 24 }, (_, round) => 1.02 + (round % 3) / 1_000)
  const cpuAfter = (rounds: number, roundsAre: 'to-come' | 'over') => {
    const measured = {
      ...measuredLarge(roundsCosting(costs.slice(0, rounds))),
      schedule: { ...schedule, looks: [...schedule.looks] },
    }
    const { comparisons } = analyse(measured, { marginPercent: 1, roundsAre }).conclusions
    const cpu = comparisons.find(({ kind, metric }) => kind === 'backend' && metric === 'cpu')
    return [cpu?.verdict, cpu?.look, cpu?.rounds]
  }
  // 5 in 100,000, the level of the first look, is out of reach of 8 ranks
  assert.deepEqual(cpuAfter(8, 'to-come'), ['inconclusive', 0, 8])
  assert.deepEqual(cpuAfter(16, 'to-come'), ['slower', 2, 16])
  assert.deepEqual(cpuAfter(24, 'over'), ['slower', 2, 16])
  // between two looks there is none to come if the rounds are over
  assert.deepEqual(cpuAfter(14, 'to-come'), ['inconclusive', 0, 14])
  assert.deepEqual(cpuAfter(14, 'over'), ['slower', 2, 14])
})

test('bursts that hit everybody alike favour nobody: A and A′ together are no quieter a reference', () => {
  const random = mulberry32(1)
  // as compiler, collector and neighbours are: a fifth of the slices cost more, by 30 % on average
  const slices = () =>
    Array.from({ length: 100 }, () => (random() < 0.2 ? 1 - 0.3 * Math.log(random()) : 1))
  const processes = Array.from({ length: 60 }, (_, round) =>
    (
      [
        ['direct', 'A'],
        ['direct', "A'"],
        ['other', 'B'],
      ] as const
    ).map(([backend, arm]) =>
      syntheticProcess({ round, backend, arm, cost: 1, sliceFactors: slices() }),
    ),
  ).flat()
  const cpu = analysed(processes).comparisons.find(
    ({ kind, metric }) => kind === 'backend' && metric === 'cpu',
  )
  assert.ok(cpu !== undefined && Math.abs(cpu.ratio - 1) < 0.002, `${cpu?.ratio}`)
})
