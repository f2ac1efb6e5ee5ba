import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'
import type { Interval } from '../statistics/verdict.ts'
import { type Spread, spreadOf } from './spread.ts'
import { type Condition, type ControlsPass, conditions } from './stored.ts'

/** How two twins differ with one of the controls off. */
export interface ControlRow extends Spread {
  /** A condition, or the analysis without trimming. */
  name: Condition | 'not trimmed'
  largestPercent: number | null
  /** Of A′ against A over these rounds, in per cent; null where there are too few. */
  twins: Interval | null
}

/** Of no rounds none. */
export function controlRows(passes: readonly ControlsPass[]): ControlRow[] {
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
  const percents = differences.map(difference => 100 * difference)
  const twins = percents.length === 0 ? null : hodgesLehmann(percents)
  return {
    name,
    ...spreadOf(percents),
    largestPercent: percents.length === 0 ? null : Math.max(...percents.map(Math.abs)),
    twins: twins?.state === 'estimated' ? { low: twins.low, high: twins.high } : null,
  }
}
