import type { SockbenchRecord } from '../record.ts'
import { clopperPearson } from '../statistics/binomial-bound.ts'
import { type ControlRow, controlRows } from './control-rows.ts'
import { type LongAa, longAaIn } from './long-aa.ts'
import { isBiased, isConfirmed, isSuspected } from './looks.ts'
import { type Plants, plantsOf } from './plants.ts'
import { type ReferenceRow, referenceRows } from './reference-rows.ts'
import { type Share, shareOf } from './share.ts'
import type { AaRun, Calibration } from './stored.ts'
import { toolName } from './tool-name.ts'

/** Everything that a report of a calibration says, and nothing of how; shares are of 1. */
export interface CalibrationModel extends Pick<Calibration, 'machine' | 'settings' | 'discarded'> {
  /** UTC, of the first and the last run; null before there is any. */
  measured: { from: string; to: string } | null
  versions: { tool: string; node: string; runs: number }[]
  aa: FalseAlarms
  plants: Plants
  controls: ControlRow[]
  references: ReferenceRow[]
  /** Null where none was given. */
  longAa: LongAa | null
}

/** Of runs in which nothing was to be found. */
export interface FalseAlarms {
  runs: number
  /** At the first look: the whole interval says that it needs more. */
  suspicions: Share
  /** Suspected where A/A′ excludes 0, which takes the suspicion back. */
  voided: Share
  /** The verdicts of the first look. */
  slower: Share
  faster: Share
  /** Suspected, and `slower` on fresh rounds. */
  reds: Share
  /** An upper bound of the rate of false reds, 95 %, one-sided; null of nothing. */
  redBound: number | null
  /** A/A′ excluded 0, which makes every verdict of a run invalid. */
  invalid: Share
}

/** The whole records, where the figures that a calibration keeps of them are not enough. */
export interface WholeRecords {
  /** By the file that a look names. */
  readRecord: (file: string) => SockbenchRecord
  /** Null where none was given. */
  readLongAa: () => SockbenchRecord | null
}

export function calibrationModel(
  calibration: Calibration,
  records: WholeRecords,
): CalibrationModel {
  const { machine, settings, discarded, aa, experiment, controls } = calibration
  const longAa = records.readLongAa()
  return {
    machine,
    settings,
    discarded,
    ...provenance([...aa, ...experiment, ...controls]),
    aa: falseAlarms(aa),
    plants: plantsOf(experiment),
    controls: controlRows(controls),
    references: referenceRows(calibration, file => records.readRecord(file)),
    longAa: longAa && longAaIn(longAa),
  }
}

export function falseAlarms(runs: readonly AaRun[]): FalseAlarms {
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
    voided: shareOf(arms, ({ judged, first }) => isSuspected(judged) && isBiased(first)),
    slower: shareOf(arms, ({ judged }) => judged.verdict === 'slower'),
    faster: shareOf(arms, ({ judged }) => judged.verdict === 'faster'),
    reds,
    redBound: trials === 0 ? null : clopperPearson(successes, trials, 0.1).high,
    invalid: shareOf(runs, ({ first }) => isBiased(first)),
  }
}

/** Null of nothing. */
export function measuredBetween(
  runs: readonly Pick<AaRun, 'startedAt'>[],
): CalibrationModel['measured'] {
  const dates = runs.map(({ startedAt }) => startedAt).sort()
  return dates.length === 0 ? null : { from: dates[0], to: dates[dates.length - 1] }
}

function provenance(runs: readonly Pick<AaRun, 'startedAt' | 'tool' | 'node'>[]) {
  const names = runs.map(({ tool, node }) => JSON.stringify({ tool: toolName(tool), node }))
  const versions = [...new Set(names)].map(name => ({
    ...(JSON.parse(name) as { tool: string; node: string }),
    runs: names.filter(other => other === name).length,
  }))
  return {
    measured: measuredBetween(runs),
    versions,
  }
}
