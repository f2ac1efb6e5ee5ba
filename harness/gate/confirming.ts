import { mostRounds } from '../plan.ts'
import { bonferroni } from '../statistics/multiplicity.ts'
import { smallestSampleFor } from '../statistics/signed-rank.ts'
import { ALPHA, type Screened } from './screening.ts'

/** What is measured once more. */
export interface Confirming {
  readonly chosen: readonly Screened[]
  /** Two-sided, of each interval. */
  readonly alpha: number
  readonly rounds: number
}

/**
 * The worst suspects, as many as the time that is left allows and one at least, with rounds enough for
 * an exact interval at the level that so many share.
 */
export function confirmable(suspects: readonly Screened[], leftMs: number | undefined): Confirming {
  const sorted = suspects.toSorted(worstFirst)
  for (let many = sorted.length; ; many--) {
    const chosen = sorted.slice(0, many)
    const alpha = bonferroni(ALPHA, Math.max(1, sum(chosen.map(suspectedComparisons))))
    const planned = Math.max(...chosen.map(({ one }) => mostRounds(one.measurement.schedule)))
    const rounds = Math.max(planned, smallestSampleFor(alpha))
    const neededMs = rounds * sum(chosen.map(msPerRound))
    if (many === 1 || leftMs === undefined || neededMs <= leftMs) return { chosen, alpha, rounds }
  }
}

/** New waits first, then dead heads, then the lower bounds by how far they are above their margins. */
function worstFirst(one: Screened, other: Screened): number {
  return Number(other.newWaits) - Number(one.newWaits) || excessOf(other) - excessOf(one)
}

function excessOf({ suspicions }: Screened): number {
  return Math.max(...suspicions.map(excess => excess ?? 0))
}

/** Dead heads, too: on fresh rounds they may live, and are then compared. */
function suspectedComparisons({ suspicions }: Screened): number {
  return suspicions.filter(excess => excess !== null).length
}

function msPerRound({ result }: Screened): number {
  if (result === undefined) return 0
  const rounds = new Set(result.processes.map(({ round }) => round)).size
  return result.durationMs / Math.max(1, rounds)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
