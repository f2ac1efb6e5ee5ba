import { exitCodes } from '../errors.ts'
import type { Colour, ComparisonRow, GateResult } from './gate-result.ts'

type Judged = Pick<GateResult, 'comparisons' | 'waits' | 'counters' | 'failures' | 'strict'>

/**
 * A red one is a regression. A gate in which any process died, that could not measure something, or
 * that should compare and got no interval at all, has not passed: it failed. What else is neutral fails
 * under `--strict` alone.
 */
export function exitCodeOf({ comparisons, waits, counters, failures, strict }: Judged): number {
  const wrong = [...(counters?.violations ?? []), ...(counters?.failures ?? [])]
  const rows: readonly { colour: Colour }[] = [...comparisons, ...waits]
  if (wrong.length > 0 || rows.some(({ colour }) => colour === 'red')) {
    return exitCodes.regression
  }
  const isWhole = failures.length === 0 && !comparisons.some(isUnfinished)
  if (!isWhole || (comparisons.length > 0 && !comparisons.some(hasInterval))) {
    return exitCodes.runFailed
  }
  const neutral = rows.some(({ colour }) => colour === 'neutral')
  const notes = counters?.notes ?? []
  return strict && (neutral || notes.length > 0) ? exitCodes.undecided : exitCodes.fine
}

/** Something died in it, or was not measured at all. */
function isUnfinished({ screening, confirmation }: ComparisonRow): boolean {
  return [screening, confirmation].some(
    stage => stage?.state === 'died' || stage?.state === 'not-measured',
  )
}

function hasInterval({ screening, confirmation }: ComparisonRow): boolean {
  const stage = confirmation ?? screening
  return stage.state === 'compared' && stage.low !== null
}
