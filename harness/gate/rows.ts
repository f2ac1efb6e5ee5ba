import type { SockbenchRecord } from '../record.ts'
import { comparisonColours, waitColours } from './colours.ts'
import type { Confirming } from './confirming.ts'
import type { ComparisonRow, WaitRow } from './gate-result.ts'
import type { GatedMeasurement } from './gated-measurements.ts'
import { judgeComparison } from './judge-comparison.ts'
import { judgeWaits, waitStageOf } from './judge-waits.ts'
import { resultOf, type Screened } from './screening.ts'
import { stageOf } from './stages.ts'

/** Fresh rounds of some suspects. */
interface Confirmed extends Confirming {
  readonly record: Pick<SockbenchRecord, 'scenarios'>
}

/** A command line that measures it again; `marginPercent` is null where no margin is at issue. */
export type Repeat = (one: GatedMeasurement, marginPercent: number | null) => string

/** What the rounds together say, with null for a confirmation that nothing asked for. */
export function rowsOf(
  found: readonly Screened[],
  repeat: Repeat,
  confirmed: Confirmed | null,
): { comparisons: ComparisonRow[]; waits: WaitRow[] } {
  return {
    comparisons: found.flatMap(screened => comparisonRows(screened, repeat, confirmed)),
    waits: found.flatMap(screened => waitRows(screened, repeat, confirmed)),
  }
}

function comparisonRows(
  screened: Screened,
  repeat: Repeat,
  confirmed: Confirmed | null,
): ComparisonRow[] {
  const { one, stages, suspicions } = screened
  const { measurement, limits } = one
  return limits.map((limit, i) => {
    const screening = stages[i]
    const fresh = suspicions[i] === null ? 'not-suspected' : freshRounds(screened, confirmed)
    const confirmation =
      typeof fresh === 'string'
        ? null
        : stageOf(resultOf(measurement, fresh.record), limit, fresh.alpha)
    const { state, reason } =
      fresh === 'no-time' ? noTime : judgeComparison(screening, confirmation, limit)
    const { metric, marginPercent } = limit
    const colour = comparisonColours[state]
    const named = { ...identityOf(one, metric), repeat: repeat(one, marginPercent) }
    return { ...named, colour, reason, metric, marginPercent, state, screening, confirmation }
  })
}

function waitRows(screened: Screened, repeat: Repeat, confirmed: Confirmed | null): WaitRow[] {
  const { one, waits: screening, newWaits } = screened
  if (screening === null) return []
  const { measurement } = one
  const { workload } = measurement
  const fresh = newWaits ? freshRounds(screened, confirmed) : 'not-suspected'
  const confirmation =
    typeof fresh === 'string' ? null : waitStageOf(resultOf(measurement, fresh.record))
  const { state, reason } =
    fresh === 'no-time' ? noTime : judgeWaits(screening, confirmation, workload)
  const colour = waitColours[state]
  const named = { ...identityOf(one, '50 ms waits'), repeat: repeat(one, null) }
  return [{ ...named, colour, reason, state, screening, confirmation }]
}

function freshRounds(screened: Screened, confirmed: Confirmed | null): Confirmed | 'no-time' {
  return confirmed?.chosen.includes(screened) === true ? confirmed : 'no-time'
}

const noTime = {
  state: 'unconfirmed',
  reason: 'suspected, but the budget left no time for fresh rounds; give it a larger --budget',
} as const

function identityOf(
  { measurement: { workload, backends } }: GatedMeasurement,
  what: string,
): Pick<ComparisonRow, 'id' | 'scenario' | 'label' | 'parameters' | 'backend' | 'source'> {
  const { scenario, label, parameters } = workload
  const [backend] = backends
  return {
    id: `${scenario} (${label}), ${backend}: ${what}`,
    scenario,
    label,
    parameters: { ...parameters },
    backend,
    source: 0,
  }
}
