import { clopperPearson } from '../statistics/binomial-bound.ts'
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'
import { type DoseResponse, doseResponse } from '../statistics/linear-fit.ts'
import { studentQuantile } from '../statistics/student-t.ts'
import type { Interval } from '../statistics/verdict.ts'
import { type DosePercent, doses } from './blinding.ts'
import { type DeviationInterval, deviationInterval } from './deviation.ts'
import { isBiased, isSuspected } from './looks.ts'
import {
  type AaRun,
  type Calibration,
  type Condition,
  type ControlsPass,
  conditions,
  type Experiment,
  type Look,
} from './stored.ts'

/** Everything that a report of a calibration says, and nothing of how; shares are of 1. */
export interface CalibrationModel extends Pick<Calibration, 'machine' | 'settings'> {
  /** UTC, of the first and the last run; null before there is any. */
  measured: { from: string; to: string } | null
  versions: { tool: string; node: string; runs: number }[]
  aa: FalseAlarms
  doses: DoseRow[]
  /** In per cent of the CPU; null below two experiments. */
  response: DoseResponse | null
  onePercent: { found: Share; red: Share }
  controls: ControlRow[]
}

/** `interval` has 95 %, exact; null of nothing. */
export interface Share {
  successes: number
  trials: number
  interval: Interval | null
}

/** Of runs in which nothing was to be found. */
export interface FalseAlarms {
  runs: number
  suspicions: Share
  /** Suspected, and confirmed on fresh rounds. */
  reds: Share
  /** An upper bound of the rate of false reds, 95 %, one-sided; null of nothing. */
  redBound: number | null
  /** The verdict `faster`. */
  faster: number
  /** A/A′ excluded 0, which makes every verdict of a run invalid. */
  invalid: number
}

export interface DoseRow {
  dosePercent: DosePercent
  plants: number
  /** What was planted, as measured, and what was estimated, in per cent: means; null of nothing. */
  truePercent: number | null
  estimatePercent: number | null
  /** At the first look: the whole interval says that it needs more. */
  found: number
  red: number
  /** Found, and not measured again. */
  unconfirmed: number
}

export interface ControlRow {
  /** A condition, or the analysis without trimming. */
  name: Condition | 'not trimmed'
  rounds: number
  /** Of the difference between two twins in one round, in per cent; null below two rounds. */
  deviation: DeviationInterval | null
  largestPercent: number | null
  /** Half of what a 95 % interval would be wide after 32 rounds, in per cent. */
  halfWidthAt32Percent: number | null
  /** Of A′ against A over these rounds; null where there are too few. */
  twins: Interval | null
}

export function calibrationModel(calibration: Calibration): CalibrationModel {
  const { machine, settings, aa, experiment, controls } = calibration
  const plants = experiment.flatMap(plantsIn)
  const onePercent = plants.filter(({ dosePercent }) => dosePercent === 1)
  return {
    machine,
    settings,
    ...provenance([...aa, ...experiment, ...controls]),
    aa: falseAlarms(aa),
    doses: doses.map(dose => doseRow(dose, plants)),
    response: experiment.length < 2 ? null : doseResponse(experiment.map(pointsOf)),
    onePercent: {
      found: shareOf(onePercent, ({ found }) => found),
      red: shareOf(
        onePercent.filter(({ unconfirmed }) => !unconfirmed),
        ({ red }) => red,
      ),
    },
    controls: controlRows(controls),
  }
}

/** One arm of one experiment, its key joined. */
interface Plant {
  dosePercent: DosePercent
  truePercent: number
  estimatePercent: number
  found: boolean
  red: boolean
  unconfirmed: boolean
}

function plantsIn({ first, confirmation, key, turnNs }: Experiment): Plant[] {
  const nsPerTurn = (turnNs.before + turnNs.after) / 2
  return Object.entries(key).map(([arm, { dosePercent, spinsPerRecv }]) => {
    const { ratio, recvsPerByte } = first.arms[arm]
    const plantedNsPerByte = spinsPerRecv * nsPerTurn * recvsPerByte
    const found = isSuspected(first.arms[arm])
    return {
      dosePercent,
      truePercent: (100 * plantedNsPerByte) / first.reference.cpuNsPerByte,
      estimatePercent: 100 * (ratio - 1),
      found,
      red: found && isConfirmed(arm, confirmation),
      unconfirmed: found && confirmation === null,
    }
  })
}

/** On rounds whose own twins do not differ. */
function isConfirmed(arm: string, confirmation: Look | null): boolean {
  return confirmation !== null && !isBiased(confirmation) && isSuspected(confirmation.arms[arm])
}

function pointsOf(experiment: Experiment) {
  return plantsIn(experiment).map(({ truePercent, estimatePercent }) => ({
    dose: truePercent,
    estimate: estimatePercent,
  }))
}

function doseRow(dosePercent: DosePercent, all: readonly Plant[]): DoseRow {
  const plants = all.filter(plant => plant.dosePercent === dosePercent)
  return {
    dosePercent,
    plants: plants.length,
    truePercent: meanOrNull(plants.map(({ truePercent }) => truePercent)),
    estimatePercent: meanOrNull(plants.map(({ estimatePercent }) => estimatePercent)),
    found: plants.filter(({ found }) => found).length,
    red: plants.filter(({ red }) => red).length,
    unconfirmed: plants.filter(({ unconfirmed }) => unconfirmed).length,
  }
}

function falseAlarms(runs: readonly AaRun[]): FalseAlarms {
  const arms = runs.flatMap(({ first, confirmation }) =>
    Object.entries(first.arms).map(([name, judged]) => ({ name, judged, first, confirmation })),
  )
  const reds = shareOf(
    arms,
    ({ name, judged, confirmation }) => isSuspected(judged) && isConfirmed(name, confirmation),
  )
  const { successes, trials } = reds
  return {
    runs: runs.length,
    suspicions: shareOf(arms, ({ judged }) => isSuspected(judged)),
    reds,
    redBound: trials === 0 ? null : clopperPearson(successes, trials, 0.1).high,
    faster: arms.filter(({ judged }) => judged.verdict === 'faster').length,
    invalid: runs.filter(({ first }) => isBiased(first)).length,
  }
}

function shareOf<T>(all: readonly T[], isOne: (item: T) => boolean): Share {
  const successes = all.filter(isOne).length
  const trials = all.length
  return { successes, trials, interval: trials === 0 ? null : clopperPearson(successes, trials) }
}

function controlRows(passes: readonly ControlsPass[]): ControlRow[] {
  const rounds = passes.flatMap(pass => pass.rounds)
  if (rounds.length === 0) return []
  const of = (wanted: Condition) => rounds.filter(({ condition }) => condition === wanted)
  return [
    ...conditions.map(condition =>
      controlRow(
        condition,
        of(condition).map(({ difference }) => difference),
      ),
    ),
    controlRow(
      'not trimmed',
      of('everything on').map(({ untrimmedDifference }) => untrimmedDifference),
    ),
  ]
}

/** @param differences of logarithms, which are per cents within what can be read here */
function controlRow(name: ControlRow['name'], differences: readonly number[]): ControlRow {
  const rounds = differences.length
  const percents = differences.map(difference => 100 * difference)
  const deviation = rounds < 2 ? null : deviationInterval(percents)
  const twins = rounds === 0 ? null : hodgesLehmann(percents)
  return {
    name,
    rounds,
    deviation,
    largestPercent: rounds === 0 ? null : Math.max(...percents.map(Math.abs)),
    halfWidthAt32Percent:
      deviation === null
        ? null
        : (studentQuantile(0.975, PLANNED_ROUNDS - 1) * deviation.deviation) /
          Math.sqrt(PLANNED_ROUNDS),
    twins: twins?.state === 'estimated' ? { low: twins.low, high: twins.high } : null,
  }
}

const PLANNED_ROUNDS = 32

function provenance(runs: readonly Pick<AaRun, 'startedAt' | 'tool' | 'node'>[]) {
  const dates = runs.map(({ startedAt }) => startedAt).sort()
  const names = runs.map(({ tool, node }) => JSON.stringify({ tool: toolName(tool), node }))
  const versions = [...new Set(names)].map(name => ({
    ...(JSON.parse(name) as { tool: string; node: string }),
    runs: names.filter(other => other === name).length,
  }))
  return {
    measured: dates.length === 0 ? null : { from: dates[0], to: dates[dates.length - 1] },
    versions,
  }
}

/** `0.1.0 (1a2b3c4d, changed)` */
function toolName({ version, gitSha, dirty }: AaRun['tool']): string {
  if (gitSha === null) return version
  return `${version} (${gitSha.slice(0, 8)}${dirty === true ? ', changed' : ''})`
}

function meanOrNull(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
