import { mostRounds } from '../plan.ts'
import { bonferroni } from '../statistics/multiplicity.ts'
import { smallestSampleFor } from '../statistics/signed-rank.ts'
import { ALPHA, type Screened } from './screening.ts'
import { isSuspect } from './stages.ts'

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

/** Dead heads and new waits first, then the lower bounds by how far they are above their margins. */
function worstFirst(one: Screened, other: Screened): number {
  return excessOf(other) - excessOf(one)
}

function excessOf({ one: { limits }, stages, waits }: Screened): number {
  const excesses = stages.map((stage, i) => {
    if (!isSuspect(stage, limits[i])) return 0
    if (stage.state !== 'compared') return Number.MAX_VALUE
    return Math.log(stage.low ?? 1) - Math.log1p(limits[i].marginPercent / 100)
  })
  const largest = Math.max(...excesses)
  // It is suspected, and no comparison of it is: the waits are.
  return largest === 0 && waits !== null ? Number.MAX_VALUE : largest
}

function suspectedComparisons({ one: { limits }, stages }: Screened): number {
  return stages.filter((stage, i) => stage.state === 'compared' && isSuspect(stage, limits[i]))
    .length
}

function msPerRound({ result }: Screened): number {
  if (result === undefined) return 0
  const rounds = new Set(result.processes.map(({ round }) => round)).size
  return result.durationMs / Math.max(1, rounds)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
