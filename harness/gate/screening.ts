import type { Measurement } from '../plan.ts'
import type { ScenarioResult, SockbenchRecord } from '../record.ts'
import type { Stage, WaitStage } from './gate-result.ts'
import type { GatedMeasurement } from './gated-measurements.ts'
import { hasNewWaits, waitStageOf } from './judge-waits.ts'
import { isSuspect, stageOf } from './stages.ts'

/** Two-sided, of the intervals of a screening; those of its confirmation share it. */
export const ALPHA = 0.05

export interface Screened {
  readonly one: GatedMeasurement
  /** Undefined where it was not measured. */
  readonly result: ScenarioResult | undefined
  /** One for each limit. */
  readonly stages: readonly Stage[]
  /** Null where it is not gated. */
  readonly waits: WaitStage | null
  readonly suspect: boolean
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
  const stages = limits.map(limit => stageOf(result, limit, ALPHA))
  const waits = withWaits && workload.measuresLatency ? waitStageOf(result) : null
  const suspect =
    stages.some((stage, i) => isSuspect(stage, limits[i])) ||
    (waits !== null && hasNewWaits(waits, workload))
  return { one, result, stages, waits, suspect }
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
