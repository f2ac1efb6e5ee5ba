import type { Pinning } from '../pinning.ts'
import { type Measurement, type Plan, planDefaults } from '../plan.ts'
import type { SockbenchRecord } from '../record.ts'
import type { Revision } from '../revision.ts'
import { confirmable } from './confirming.ts'
import type { ComparisonRow, WaitRow } from './gate-result.ts'
import type { GatedMeasurement } from './gated-measurements.ts'
import { type Repeat, rowsOf } from './rows.ts'
import { isSuspect, screened } from './screening.ts'

export interface GateRequest {
  readonly gated: readonly GatedMeasurement[]
  /** Named `base` and `head`. */
  readonly revisions: readonly [base: Revision, head: Revision]
  /** Whether the 50 ms detector is asked. */
  readonly waits: boolean
  readonly budgetMs: number | undefined
  readonly seed: number
  readonly pinning: Pinning | null
  readonly repeat: Repeat
}

/** Carries out a plan: `run`, and for tests anything that gives a record. */
export type MeasureRounds = (
  of: 'screening' | 'confirmation',
  plan: Plan,
) => Promise<SockbenchRecord>

export interface Gated {
  readonly comparisons: ComparisonRow[]
  readonly waits: WaitRow[]
  readonly screening: SockbenchRecord
  /** Null where nothing was suspected. */
  readonly confirmation: SockbenchRecord | null
}

/** Of the budget; the rest is for the confirmation. */
const SCREENING_SHARE = 0.6

/**
 * Measures everything, and what is suspected of being worse once more, on fresh rounds: only these can
 * turn it red. As each of m suspects is then tested at level α/m, what did not change turns red with a
 * probability of α at most, however many comparisons there are.
 */
export async function gate(request: GateRequest, measure: MeasureRounds): Promise<Gated> {
  const startMs = performance.now()
  const { gated, budgetMs, seed } = request
  const screeningMs = budgetMs === undefined ? undefined : budgetMs * SCREENING_SHARE
  const measurements = gated.map(({ measurement }) => measurement)
  const screening = await measure(
    'screening',
    planOf(request, measurements, { seed, budgetMs: screeningMs }),
  )
  const found = gated.map(one => screened(one, screening, request.waits))
  const suspects = found.filter(isSuspect)
  if (suspects.length === 0) {
    return { ...rowsOf(found, request.repeat, null), screening, confirmation: null }
  }
  const leftMs = budgetMs === undefined ? undefined : budgetMs - (performance.now() - startMs)
  const confirming = confirmable(suspects, leftMs)
  const again = confirming.chosen.map(({ one: { measurement } }) => ({
    ...measurement,
    schedule: { ...measurement.schedule, looks: [confirming.rounds] },
  }))
  const fresh = { seed: (seed + 1) % 2 ** 32, budgetMs: undefined }
  const confirmation = await measure('confirmation', planOf(request, again, fresh))
  const rows = rowsOf(found, request.repeat, { ...confirming, record: confirmation })
  return { ...rows, screening, confirmation }
}

function planOf(
  { revisions, pinning }: GateRequest,
  measurements: readonly Measurement[],
  { seed, budgetMs }: Pick<Plan, 'seed' | 'budgetMs'>,
): Plan {
  return {
    measurements,
    leftOut: [],
    backends: [...new Set(measurements.flatMap(({ backends }) => backends))],
    revisions,
    dispatchRounds: 0,
    budgetMs,
    // Each comparison of a gate has a margin of its own; this one is for reports of the raw record.
    marginPercent: planDefaults.marginPercent,
    seed,
    pinning,
  }
}
