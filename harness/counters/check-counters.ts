import {
  type CounterComparison,
  type CounterViolation,
  compareCounters,
} from './compare-counters.ts'
import type { CounterBaseline } from './counter-baseline.ts'
import type { CountingFailure } from './judgement.ts'
import { type CountingOptions, countingDefaults, measureCounters } from './measure-counters.ts'

export interface CounterCheck extends CounterComparison {
  failures: CountingFailure[]
}

/**
 * Counts and compares. Workloads with a violation are counted again, once, and what is not off on the
 * same side then was none. Once the signal is aborted it returns what was found until then.
 */
export async function checkCounters(
  baseline: CounterBaseline,
  options: CountingOptions,
  measure: typeof measureCounters = measureCounters,
): Promise<CounterCheck> {
  const { workloads, tolerancePercent } = { ...countingDefaults, ...options }
  const { rows, failures } = await measure(options)
  const { compared, violations, notes } = compareCounters(baseline, rows, tolerancePercent)
  const suspects = workloads.filter(({ name }) => violations.some(one => one.workload === name))
  if (suspects.length === 0 || options.signal.aborted) {
    return { compared, violations, notes, failures }
  }
  const again = await measure({ ...options, workloads: suspects })
  const then = compareCounters(baseline, again.rows, tolerancePercent).violations
  const confirmed = violations.filter(one => then.some(other => isSame(one, other)))
  return { compared, violations: confirmed, notes, failures: [...failures, ...again.failures] }
}

function isSame(one: CounterViolation, other: CounterViolation): boolean {
  return (
    one.workload === other.workload &&
    one.backend === other.backend &&
    one.unit === other.unit &&
    one.counter === other.counter &&
    one.is > one.was === other.is > other.was
  )
}
