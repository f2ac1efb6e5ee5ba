import { exitCodes } from '../errors.ts'
import type { Colour, ComparisonRow, GateResult } from './gate-result.ts'

type Judged = Pick<GateResult, 'comparisons' | 'waits' | 'counters' | 'strict'>

/**
 * A red one is a regression. A gate that should compare and got no interval at all has not passed: it
 * failed. What is neutral fails under `--strict` alone.
 */
export function exitCodeOf({ comparisons, waits, counters, strict }: Judged): number {
  const wrong = [...(counters?.violations ?? []), ...(counters?.failures ?? [])]
  const rows: readonly { colour: Colour }[] = [...comparisons, ...waits]
  if (wrong.length > 0 || rows.some(({ colour }) => colour === 'red')) {
    return exitCodes.regression
  }
  if (comparisons.length > 0 && !comparisons.some(hasInterval)) {
    return exitCodes.runFailed
  }
  const neutral = rows.some(({ colour }) => colour === 'neutral')
  const notes = counters?.notes ?? []
  return strict && (neutral || notes.length > 0) ? exitCodes.undecided : exitCodes.fine
}

function hasInterval({ screening, confirmation }: ComparisonRow): boolean {
  const stage = confirmation ?? screening
  return stage.state === 'compared' && stage.low !== null
}
