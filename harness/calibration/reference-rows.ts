import type { SockbenchRecord } from '../record.ts'
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'
import { identicalDifferences } from './looks.ts'
import { type Spread, spreadOf } from './spread.ts'
import type { Calibration } from './stored.ts'

/**
 * How arms with nothing planted differ from one reference, or from it and its twin: what the reference's
 * second process in each round buys.
 */
export interface ReferenceRow extends Spread {
  from: 'aa' | 'experiment'
  against: 'A and A′' | 'A alone'
  arms: number
  /** Arms whose whole interval says that they need more. */
  suspected: number
  /** Of these, those whose A/A′ excludes 0; null where there is no A′ that could. */
  voided: number | null
}

/** Of one look at one such arm: differences of logarithms, one for each round. */
type Differences = ReturnType<typeof identicalDifferences>

/**
 * All of it from the whole records, so that both references are analysed alike, by this sockbench.
 * @param readRecord by the file that a look names
 */
export function referenceRows(
  { aa, experiment }: Pick<Calibration, 'aa' | 'experiment'>,
  readRecord: (file: string) => SockbenchRecord,
): ReferenceRow[] {
  const ofRuns = aa.flatMap(({ first }) =>
    Object.keys(first.arms).map(arm => identicalDifferences(readRecord(first.record), arm)),
  )
  const ofExperiments = experiment.flatMap(({ first, key }) =>
    Object.keys(key)
      .filter(arm => key[arm].dosePercent === 0)
      .map(arm => identicalDifferences(readRecord(first.record), arm)),
  )
  return [...rowsOf('aa', ofRuns), ...rowsOf('experiment', ofExperiments)]
}

function rowsOf(from: ReferenceRow['from'], arms: readonly Differences[]): ReferenceRow[] {
  if (arms.length === 0) return []
  const suspects = arms.filter(({ fromBoth }) => isAbove(fromBoth))
  const voided = suspects.filter(({ twins }) => isAbove(twins) || isAbove(negated(twins)))
  const row = (differences: readonly number[][]) => ({
    ...spreadOf(differences.flat().map(difference => 100 * difference)),
    from,
    arms: arms.length,
    suspected: differences.filter(isAbove).length,
  })
  return [
    {
      ...row(arms.map(({ fromBoth }) => fromBoth)),
      against: 'A and A′',
      voided: voided.length,
    },
    { ...row(arms.map(({ fromA }) => fromA)), against: 'A alone', voided: null },
  ]
}

/** Whether the whole 95 % interval is. */
function isAbove(differences: readonly number[]): boolean {
  const centre = hodgesLehmann(differences)
  return centre.state === 'estimated' && centre.low > 0
}

function negated(differences: readonly number[]): number[] {
  return differences.map(difference => -difference)
}
