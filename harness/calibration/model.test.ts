import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { syntheticRun } from './fixtures/synthetic-run.ts'
import { calibrationMarkdown } from './markdown.ts'
import { calibrationModel, type WholeRecords } from './model.ts'
import { armsPlan } from './plans.ts'
import {
  type AaRun,
  type Calibration,
  type ControlsPass,
  conditions,
  type Experiment,
  type Judged,
  type Look,
} from './stored.ts'

const machine = { cpuModel: 'Example CPU', cpus: [0, 1], memoryBytes: 8 * 2 ** 30, kernel: '6.1.0' }
const settings = {
  backend: 'direct',
  seed: 3,
  sliceBlocks: 8,
  aa: { rounds: 6, slices: 40 },
  experiment: { rounds: 8, slices: 110 },
}
const empty: Calibration = {
  machine,
  settings,
  aa: [],
  experiment: [],
  controls: [],
  discarded: 0,
}

/** Of every run the same: eight rounds of three arms with nothing planted. */
const whole = syntheticRun(
  armsPlan(
    { settings, pinning: null, tool: { version: '0.1.0', gitSha: null, dirty: null } },
    settings.experiment,
    ['arm 1', 'arm 2', 'arm 3'].map(name => ({ name, spinsPerRecv: 0 })),
    5,
  ),
  () => 100,
)
const records: WholeRecords = { readRecord: () => whole, readLongAa: () => null }
const command = 'sockbench calibrate --seed 3'

/** 100 ns a recv of 100 bytes at 1 ns per byte: a turn of 2 ns is 2 % of the CPU. */
const reference = { cpuNsPerByte: 1, recvsPerByte: 0.01 }
const turnNs = { before: 1.9, after: 2.1 }

function judged(percent: number, halfWidth = 0.5): Judged {
  const ratio = 1 + percent / 100
  const low = ratio - halfWidth / 100
  const high = ratio + halfWidth / 100
  const verdict = low > 1 ? 'slower' : high < 1 ? 'faster' : 'inconclusive'
  return { ratio, low, high, verdict, differences: [], recvsPerByte: 0.01, spinNs: null }
}

/** As the analysis: twins that differ make every verdict invalid. */
function look(arms: Record<string, number>, twin = 0): Look {
  const verdictOf = (one: Judged) =>
    judged(twin).verdict === 'inconclusive' ? one : { ...one, verdict: 'invalid' as const }
  const entries = Object.entries(arms).map(([name, percent]) => [name, verdictOf(judged(percent))])
  return { record: 'x', reference, aa: verdictOf(judged(twin)), arms: Object.fromEntries(entries) }
}

function provenance(index: number) {
  return {
    index,
    startedAt: `2025-01-0${index}T00:00:00.000Z`,
    durationMs: 1,
    tool: {
      version: '0.1.0',
      gitSha: index < 3 ? '0123456789abcdef' : 'fedcba9876543210',
      dirty: false,
    },
    node: '20.12.0',
  }
}

function aaRun(index: number, percent: number, again: Look | null = null, twin = 0): AaRun {
  const first = look({ 'arm 1': percent }, twin)
  return { ...provenance(index), first, confirmation: again }
}

/** Planted: nothing, 1 turn for `1 %`, 2 for `2 %`; true sizes are 0, 2 and 4 %. */
function experiment(index: number, estimates: number[], again: Look | null, twin = 0): Experiment {
  const [none, one, two] = estimates
  return {
    ...provenance(index),
    first: look({ 'arm 1': two, 'arm 2': none, 'arm 3': one }, twin),
    confirmation: again,
    key: {
      'arm 1': { dosePercent: 2, spinsPerRecv: 2 },
      'arm 2': { dosePercent: 0, spinsPerRecv: 0 },
      'arm 3': { dosePercent: 1, spinsPerRecv: 1 },
    },
    turnNs,
  }
}

function plantsIn(experiments: Experiment[]) {
  return calibrationModel({ ...empty, experiment: experiments }, records).plants
}

function textOf(measured: Partial<Calibration>, longAa: WholeRecords['readLongAa'] = () => null) {
  const calibration = { ...empty, ...measured }
  return calibrationMarkdown(
    calibrationModel(calibration, { ...records, readLongAa: longAa }),
    command,
  )
}

function near(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < tolerance, `${actual}, not ${expected}`)
}

test('false alarms: suspected, and red only when fresh rounds with honest twins say so again', () => {
  const runs = [
    aaRun(1, 0),
    aaRun(2, 1, look({ 'arm 1': 1 })),
    aaRun(3, 1, look({ 'arm 1': 0 })),
    aaRun(4, 1, look({ 'arm 1': 1 }, 2), -2),
    aaRun(5, -1),
    aaRun(6, 0, null, -2),
  ]
  const { aa } = calibrationModel({ ...empty, aa: runs }, records)
  const { suspicions, voided, slower, faster, reds, invalid } = aa
  assert.deepEqual(
    [suspicions, voided, slower, faster, reds, invalid].map(({ successes }) => successes),
    [3, 1, 2, 1, 1, 2],
  )
  assert.deepEqual([aa.runs, reds.trials, invalid.trials], [6, 6, 6])
  // Clopper & Pearson, 1 of 6: 0.42 % to 64.12 %; one-sided 58.18 %.
  near(aa.reds.interval?.low, 0.00421, 1e-4)
  near(aa.reds.interval?.high, 0.64123, 1e-4)
  near(aa.redBound, 0.5818, 1e-4)
})

test('no red in 100 runs: at most 2.95 %', () => {
  const runs = Array.from({ length: 100 }, () => aaRun(1, 0))
  near(calibrationModel({ ...empty, aa: runs }, records).aa.redBound, 1 - 0.05 ** 0.01, 1e-9)
})

test('doses: what was truly planted, what was estimated, found and red', () => {
  const { doses, onePercent, experiments, invalid, bias } = plantsIn([
    experiment(1, [0.1, 2.2, 4], look({ 'arm 1': 4, 'arm 3': 2 })),
    experiment(2, [-0.1, 0.2, 4.4], look({ 'arm 1': 0 })),
    experiment(3, [0.3, 1.8, 0.3], look({ 'arm 3': 0 })),
  ])
  const [zero, half, one, two, four] = doses
  assert.deepEqual([zero.plants, half.plants, four.plants], [3, 0, 0])
  near(zero.truePercent, 0)
  near(zero.estimatePercent, 0.1)
  near(one.truePercent, 2)
  near(one.estimatePercent, 1.4)
  near(two.truePercent, 4)
  assert.deepEqual([one.suspected, one.found, one.red], [2, 2, 1])
  assert.deepEqual([two.suspected, two.found, two.red], [2, 2, 1])
  assert.deepEqual([zero.found, half.truePercent], [0, null])
  const { found, red } = onePercent
  assert.deepEqual([found.successes, found.trials], [2, 3])
  assert.deepEqual([red?.successes, red?.trials], [1, 3])
  assert.deepEqual([experiments, invalid], [3, 0])
  near(bias?.mean, 0.1)
  // t[.975, 2] = 4.3027; s = 0.2
  near(bias?.high, 0.1 + (4.3027 * 0.2) / Math.sqrt(3), 1e-4)
})

test('found is what the tool would report: not a suspicion in an invalid run, nor before a heavy tail', () => {
  const invalid = experiment(1, [0, 2, 4], look({ 'arm 1': 4, 'arm 3': 2 }), 3)
  const tail = experiment(2, [0, 2, 4], look({ 'arm 1': 4, 'arm 3': 2 }))
  tail.first.arms['arm 3'].verdict = 'inconclusive'
  const plants = plantsIn([invalid, tail])
  const { suspected, found, red } = plants.doses[2]
  assert.deepEqual([plants.invalid, suspected, found, red], [1, 2, 0, 2])
  const shares = [plants.onePercent.suspected, plants.onePercent.found]
  assert.deepEqual(
    shares.map(({ successes, trials }) => [successes, trials]),
    [
      [2, 2],
      [0, 2],
    ],
  )
})

test('where one that was suspected was not measured again, nothing is said of how many are red', () => {
  const { doses, onePercent } = plantsIn([
    experiment(1, [0, 2, 4], look({ 'arm 1': 4, 'arm 3': 2 })),
    experiment(2, [0, 0.2, 4], null),
    experiment(3, [0, 2, 0.2], null),
  ])
  const [zero, , one] = doses
  assert.deepEqual([zero.red, one.found, one.red], [0, 2, null])
  assert.equal(onePercent.red, null)
})

test('dose response: a tool that sees nine tenths, and 0.1 % where there is nothing', () => {
  const seen = (factor: number) => [0.1, 0.1 + factor * 2, 0.1 + factor * 4]
  const { response } = plantsIn([experiment(1, seen(0.88), null), experiment(2, seen(0.92), null)])
  near(response?.slope.mean, 0.9)
  near(response?.intercept.mean, 0.1)
  // t[.975, 1] = 12.706; s / √2 = 0.02
  near(response?.slope.high, 0.9 + 12.7062 * 0.02, 1e-4)
})

test('controls: the spread of one round with each of them off', () => {
  const passes: ControlsPass[] = [0.01, -0.01, 0.03].map((difference, i) => ({
    ...provenance(i + 1),
    rounds: conditions.map(condition => ({
      condition,
      record: 'x',
      difference: condition === 'not pinned' ? 2 * difference : difference,
      untrimmedDifference: 3 * difference,
    })),
  }))
  const { controls } = calibrationModel({ ...empty, controls: passes }, records)
  assert.deepEqual(
    controls.map(({ name }) => name),
    [...conditions, 'not trimmed'],
  )
  const [on, , unpinned] = controls
  assert.equal(on.rounds, 3)
  near(on.deviation?.deviation, 2)
  near(on.largestPercent, 3)
  // t[.975, 31] = 2.0395
  near(on.expectedHalfWidth?.estimate, (2.0395 * 2) / Math.sqrt(32), 1e-4)
  // χ²[.975, 2] = 7.3778
  near(on.expectedHalfWidth?.low, (2.0395 * Math.sqrt(8 / 7.3778)) / Math.sqrt(32), 1e-4)
  assert.equal(on.twins, null)
  near(unpinned.deviation?.deviation, 4)
  near(controls.at(-1)?.deviation?.deviation, 6)
})

test('versions: how many runs came from which', () => {
  const runs = [aaRun(1, 0), aaRun(2, 0), aaRun(3, 0)]
  const { versions, measured } = calibrationModel({ ...empty, aa: runs }, records)
  assert.deepEqual(versions, [
    { tool: '0.1.0 (01234567)', node: '20.12.0', runs: 2 },
    { tool: '0.1.0 (fedcba98)', node: '20.12.0', runs: 1 },
  ])
  assert.deepEqual(measured, { from: '2025-01-01T00:00:00.000Z', to: '2025-01-03T00:00:00.000Z' })
})

test('with nothing measured, or one of each, the report says what is missing, and no NaN', () => {
  const one: Calibration = {
    ...empty,
    aa: [aaRun(1, 0)],
    experiment: [experiment(1, [0, 2, 4], null)],
    controls: [
      {
        ...provenance(1),
        rounds: [{ condition: 'not pinned', record: 'x', difference: 0, untrimmedDifference: 0 }],
      },
    ],
  }
  const [nothing, single] = [empty, one].map(calibration =>
    calibrationMarkdown(calibrationModel(calibration, records), command),
  )
  for (const text of [nothing, single]) assert.doesNotMatch(text, /NaN|Infinity|null|undefined/)
  for (const missing of ['No A/A run', 'No experiment', 'No control was switched off']) {
    assert.ok(nothing.includes(`${missing} yet.`), missing)
  }
  assert.match(single, /Dose response: two experiments are needed/)
})

test('the report gives its figures with intervals, the machine and the command', () => {
  const again = look({ 'arm 1': 4, 'arm 3': 2 })
  const text = textOf({
    aa: [...Array.from({ length: 99 }, () => aaRun(1, 0)), aaRun(1, -1)],
    experiment: [1, 2].map(index => experiment(index, [0, 2, 4], again)),
    discarded: 3,
  })
  assert.match(
    text,
    /\| \*\*red: confirmed on fresh rounds\*\* \| 0 of 100 \| 0\.0 %; 0\.0 % to 3\.6 % \|/,
  )
  assert.match(text, /False reds: at most 3\.0 % of runs/)
  assert.match(text, /\| verdict `faster` at the first look \| 1 of 100 \| 1\.0 %; /)
  assert.match(text, /\| verdict `slower` at the first look \| 0 of 100 \| 0\.0 %; /)
  assert.match(text, /\| 1 % \| 2 \| \+2\.00 % \| \+2\.00 % \| 2 \| 2 \| 2 \|/)
  assert.match(text, /In 0 of 2 experiments A\/A′ excluded 0/)
  assert.match(text, /slope \+1\.00 \(\+1\.00 to \+1\.00\), intercept 0\.00/)
  assert.match(
    text,
    /Of plants of 1 %, 2 of 2 were found at the first look \(100\.0 %; 15\.8 % to 100\.0 %\)/,
  )
  assert.match(text, /2 of 2 were red \(100\.0 %;/)
  assert.match(text, /nothing planted were estimated to need 0\.00 \(0\.00 to 0\.00\) % more/)
  assert.match(text, /Discarded, [^\n]*: 3 runs\n/)
  assert.match(text, /Example CPU, 2 CPUs, 8\.0 GiB, Linux 6\.1\.0/)
  assert.ok(text.includes(`\`${command}\``))
})

test('plants that were not measured again, and that in words', () => {
  const text = textOf({ experiment: [1, 2].map(index => experiment(index, [0, 2, 4], null)) })
  assert.match(text, /\| 1 % \| 2 \|.*\| 2 \| 2 \| not measured again \|/)
  assert.match(text, /2 of 2 were suspected \([^)]*\), and those were not measured again\.\n/)
})

test('one reference and two, and a long run, stand beside the controls', () => {
  const long = syntheticRecord(
    measuredLarge(syntheticRounds(32, {}, { noisePercent: 0, twin: 1.002 })),
  )
  const text = textOf({ aa: [aaRun(1, 0)] }, () => long)
  assert.match(
    text,
    /\n\| A\/A runs, 40 slices \| A and A′ \| 8 \| [^|]* % \([^|]*\) \| ± [^|]* \| 0 of 1 \| 0 \|\n/,
  )
  assert.match(
    text,
    /\n\| A\/A runs, 40 slices \| A alone: one reference, no A\/A′ \| 8 \|.*\| – \|\n/,
  )
  assert.match(
    text,
    /one run of 32 rounds of 3 slices \(2025-01-02, sockbench 0\.1\.0 \(01234567\)\) found A′ to differ from A by \+0\.20 % \(\+0\.20 to \+0\.20 %, 95 %\): a half-width of ± 0\.00 %/,
  )
})
