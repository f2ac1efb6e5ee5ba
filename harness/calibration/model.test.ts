import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calibrationMarkdown } from './markdown.ts'
import { calibrationModel } from './model.ts'
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
const empty: Calibration = { machine, settings, aa: [], experiment: [], controls: [] }
const command = 'sockbench calibrate --seed 3'

/** 100 ns a recv of 100 bytes at 1 ns per byte: a turn of 2 ns is 2 % of the CPU. */
const reference = { cpuNsPerByte: 1, recvsPerByte: 0.01 }
const turnNs = { before: 1.9, after: 2.1 }

function judged(percent: number, halfWidth = 0.5): Judged {
  const ratio = 1 + percent / 100
  const low = ratio - halfWidth / 100
  const high = ratio + halfWidth / 100
  const verdict = low > 1 ? 'slower' : high < 1 ? 'faster' : 'inconclusive'
  return { ratio, low, high, verdict, differences: [], recvsPerByte: 0.01 }
}

function look(arms: Record<string, number>, twin = 0): Look {
  const entries = Object.entries(arms).map(([name, percent]) => [name, judged(percent)])
  return { record: 'x', reference, aa: judged(twin), arms: Object.fromEntries(entries) }
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
function experiment(index: number, estimates: number[], again: Look | null): Experiment {
  const [none, one, two] = estimates
  return {
    ...provenance(index),
    first: look({ 'arm 1': two, 'arm 2': none, 'arm 3': one }),
    confirmation: again,
    key: {
      'arm 1': { dosePercent: 2, spinsPerRecv: 2 },
      'arm 2': { dosePercent: 0, spinsPerRecv: 0 },
      'arm 3': { dosePercent: 1, spinsPerRecv: 1 },
    },
    turnNs,
  }
}

function near(actual: number | null | undefined, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < tolerance, `${actual}, not ${expected}`)
}

test('false alarms: suspected, and red only when fresh rounds with honest twins say so again', () => {
  const { aa } = calibrationModel({
    ...empty,
    aa: [
      aaRun(1, 0),
      aaRun(2, 1, look({ 'arm 1': 1 })),
      aaRun(3, 1, look({ 'arm 1': 0 })),
      aaRun(4, 1, look({ 'arm 1': 1 }, 2)),
      aaRun(5, -1),
      aaRun(6, 0, null, -2),
    ],
  })
  assert.deepEqual(
    [aa.runs, aa.suspicions.successes, aa.reds.successes, aa.faster, aa.invalid],
    [6, 3, 1, 1, 1],
  )
  // Clopper & Pearson, 1 of 6: 0.42 % to 64.12 %; one-sided 58.18 %.
  near(aa.reds.interval?.low, 0.00421, 1e-4)
  near(aa.reds.interval?.high, 0.64123, 1e-4)
  near(aa.redBound, 0.5818, 1e-4)
})

test('no red in 100 runs: at most 2.95 %', () => {
  const runs = Array.from({ length: 100 }, () => aaRun(1, 0))
  near(calibrationModel({ ...empty, aa: runs }).aa.redBound, 1 - 0.05 ** 0.01, 1e-9)
})

test('doses: what was truly planted, what was estimated, found and red', () => {
  const { doses, onePercent } = calibrationModel({
    ...empty,
    experiment: [
      experiment(1, [0.1, 2.2, 4], look({ 'arm 1': 4, 'arm 3': 2 })),
      experiment(2, [-0.1, 0.2, 4.4], look({ 'arm 1': 0 })),
      experiment(3, [0, 1.8, 0.3], null),
    ],
  })
  const [zero, half, one, two, four] = doses
  assert.deepEqual([zero.plants, half.plants, four.plants], [3, 0, 0])
  near(zero.truePercent, 0)
  near(zero.estimatePercent, 0)
  near(one.truePercent, 2)
  near(one.estimatePercent, 1.4)
  near(two.truePercent, 4)
  assert.deepEqual([one.found, one.red, one.unconfirmed], [2, 1, 1])
  assert.deepEqual([two.found, two.red, two.unconfirmed], [2, 1, 0])
  assert.deepEqual([zero.found, half.truePercent], [0, null])
  assert.deepEqual([onePercent.found.successes, onePercent.found.trials], [2, 3])
  // The third was found and not measured again: nobody knows whether it would have been red.
  assert.deepEqual([onePercent.red.successes, onePercent.red.trials], [1, 2])
})

test('dose response: a tool that sees nine tenths, and 0.1 % where there is nothing', () => {
  const seen = (factor: number) => [0.1, 0.1 + factor * 2, 0.1 + factor * 4]
  const { response } = calibrationModel({
    ...empty,
    experiment: [experiment(1, seen(0.88), null), experiment(2, seen(0.92), null)],
  })
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
  const { controls } = calibrationModel({ ...empty, controls: passes })
  assert.deepEqual(
    controls.map(({ name }) => name),
    [...conditions, 'not trimmed'],
  )
  const [on, , unpinned] = controls
  assert.equal(on.rounds, 3)
  near(on.deviation?.deviation, 2)
  near(on.largestPercent, 3)
  // t[.975, 31] = 2.0395
  near(on.halfWidthAt32Percent, (2.0395 * 2) / Math.sqrt(32), 1e-4)
  assert.equal(on.twins, null)
  near(unpinned.deviation?.deviation, 4)
  near(controls.at(-1)?.deviation?.deviation, 6)
})

test('versions: how many runs came from which', () => {
  const { versions, measured } = calibrationModel({
    ...empty,
    aa: [aaRun(1, 0), aaRun(2, 0), aaRun(3, 0)],
  })
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
    calibrationMarkdown(calibrationModel(calibration), command),
  )
  for (const text of [nothing, single]) assert.doesNotMatch(text, /NaN|Infinity|null|undefined/)
  for (const missing of ['No A/A run', 'No experiment', 'No control was switched off']) {
    assert.ok(nothing.includes(`${missing} yet.`), missing)
  }
  assert.match(single, /Dose response: two experiments are needed/)
})

test('the report gives its figures with intervals, the machine and the command', () => {
  const text = calibrationMarkdown(
    calibrationModel({
      ...empty,
      aa: Array.from({ length: 100 }, () => aaRun(1, 0)),
      experiment: [
        experiment(1, [0, 2, 4], look({ 'arm 1': 4, 'arm 3': 2 })),
        experiment(2, [0, 2, 4], look({ 'arm 1': 4, 'arm 3': 2 })),
      ],
    }),
    command,
  )
  assert.match(
    text,
    /\| \*\*red: confirmed on fresh rounds\*\* \| 0 of 100 \| 0\.0 %; 0\.0 % to 3\.6 % \|/,
  )
  assert.match(text, /False reds: at most 3\.0 % of runs/)
  assert.match(text, /\| 1 % \| 2 \| \+2\.00 % \| \+2\.00 % \| 2 \| 2 \|/)
  assert.match(text, /slope \+1\.00 \(\+1\.00 to \+1\.00\), intercept 0\.00/)
  assert.match(
    text,
    /Of plants of 1 %, 2 of 2 were found at the first look \(100\.0 %; 15\.8 % to 100\.0 %\)/,
  )
  assert.match(text, /Example CPU, 2 CPUs, 8\.0 GiB, Linux 6\.1\.0/)
  assert.ok(text.includes(`\`${command}\``))
})
