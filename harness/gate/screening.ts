import type { Measurement } from '../plan.ts'
import type { ScenarioResult, SockbenchRecord } from '../record.ts'
import type { Stage, WaitStage } from './gate-result.ts'
import type { GatedMeasurement, Limit } from './gated-measurements.ts'
import { hasNewWaits, waitStageOf } from './judge-waits.ts'
import { HEAD } from './revision-names.ts'
import { stageOf } from './stages.ts'

/** Two-sided, of the intervals that a screening shows; those of its confirmation share it. */
export const ALPHA = 0.05

/**
 * Two-sided, of the interval that makes a suspect. It is loose on purpose: a suspicion costs fresh
 * rounds and is no verdict, for those alone convict, at a level of their own; but what is not suspected
 * is never looked at again. Of ten comparisons without a change, one at most is measured twice.
 * Source: two-stage designs, as in Zehetmayer, Bauer & Posch, Bioinformatics 21 (2005).
 */
const SUSPICION_ALPHA = 0.2

export interface Screened {
  readonly one: GatedMeasurement
  /** Undefined where it was not measured. */
  readonly result: ScenarioResult | undefined
  /** One for each limit. */
  readonly stages: readonly Stage[]
  /** For each limit, by how much (a logarithm) it is surely exceeded; null where it is not suspected. */
  readonly suspicions: readonly (number | null)[]
  /** Null where it is not gated. */
  readonly waits: WaitStage | null
  readonly newWaits: boolean
}

/** What the first rounds say about one workload on one backend. */
export function screened(
  one: GatedMeasurement,
  record: SockbenchRecord,
  withWaits: boolean,
): Screened {
  const { measurement, limits } = one
  const { workload } = measurement
  const result = resultOf(measurement, record)
  const waits = withWaits && workload.measuresLatency ? waitStageOf(result) : null
  return {
    one,
    result,
    stages: limits.map(limit => stageOf(result, limit, ALPHA)),
    suspicions: limits.map(limit => suspicionOf(stageOf(result, limit, SUSPICION_ALPHA), limit)),
    waits,
    newWaits: waits !== null && hasNewWaits(waits, workload),
  }
}

export function isSuspect({ suspicions, newWaits }: Screened): boolean {
  return newWaits || suspicions.some(excess => excess !== null)
}

/** Whatever A/A′ says: bias is no acquittal. */
function suspicionOf(stage: Stage, { marginPercent }: Limit): number | null {
  if (stage.state === 'died') return stage.revision === HEAD ? Number.MAX_VALUE : null
  if (stage.state !== 'compared' || stage.low === null) return null
  const excess = Math.log(stage.low) - Math.log1p(marginPercent / 100)
  return excess > 0 ? excess : null
}

export function resultOf(
  { workload, label }: Measurement,
  { scenarios }: Pick<SockbenchRecord, 'scenarios'>,
): ScenarioResult | undefined {
  const parameters = JSON.stringify(workload.parameters)
  return scenarios.find(
    one =>
      one.scenario === workload.scenario &&
      one.label === label &&
      JSON.stringify(one.parameters) === parameters,
  )
}
