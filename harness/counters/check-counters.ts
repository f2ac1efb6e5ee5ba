import { agree } from './agreement.ts'
import {
  type CounterComparison,
  type CounterViolation,
  compareCounters,
} from './compare-counters.ts'
import { type CounterBaseline, type Place, placeText } from './counter-baseline.ts'
import type { CountingFailure, MeasuredCounters } from './judgement.ts'
import { type CountingOptions, countingDefaults, measureCounters } from './measure-counters.ts'

export interface CounterCheck extends CounterComparison {
  failures: CountingFailure[]
}

/**
 * Counts and compares. Workloads with a violation or a failure are counted again, once. What is not
 * off by the same then, or by much to the same side, was no violation, and what failed once was no
 * failure, unless the same backend was wrong in the other way the other time. Once the signal is aborted
 * it returns what was found until then.
 */
export async function checkCounters(
  baseline: CounterBaseline,
  options: CountingOptions,
  measure: typeof measureCounters = measureCounters,
): Promise<CounterCheck> {
  const { workloads, tolerancePercent } = { ...countingDefaults, ...options }
  const compare = (measured: MeasuredCounters) =>
    compareCounters(baseline, measured, tolerancePercent)
  const first = await measure(options)
  const found = compare(first)
  const wrong = [...found.violations, ...first.failures]
  const suspects = workloads.filter(({ name }) => wrong.some(one => one.workload === name))
  if (suspects.length === 0 || options.signal.aborted) return { ...found, failures: first.failures }
  const again = await measure({ ...options, workloads: suspects })
  const confirmed = compare(again).violations
  const failures = again.failures.filter(isAmong(wrong))
  const late = again.rows.filter(isAmong(first.failures))
  const { compared, violations, notes } = compare({ rows: [...first.rows, ...late], failures })
  return {
    compared,
    violations: violations.filter(one =>
      confirmed.some(other => isSame(one, other, tolerancePercent)),
    ),
    notes,
    failures,
  }
}

function isAmong(others: readonly Place[]): (one: Place) => boolean {
  const places = new Set(others.map(placeText))
  return one => places.has(placeText(one))
}

function isSame(one: CounterViolation, other: CounterViolation, tolerancePercent: number): boolean {
  return (
    placeText(one) === placeText(other) &&
    one.unit === other.unit &&
    one.counter === other.counter &&
    one.is > one.was === other.is > other.was &&
    (agree(one.is, other.is, tolerancePercent) || (isFarOff(one) && isFarOff(other)))
  )
}

/** On an overloaded machine some polls of a lock step find more at once, and others less. */
const TIMING_PERCENT = 10

function isFarOff({ is, was }: CounterViolation): boolean {
  return !agree(is, was, TIMING_PERCENT)
}
