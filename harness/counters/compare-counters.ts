import { type Agreement, agree } from './agreement.ts'
import { type CounterBaseline, placesOf, placeText, UPDATE_COMMAND } from './counter-baseline.ts'
import type { CountedRow, MeasuredCounters } from './judgement.ts'

/** A count that is not what the baseline says, more or less of it. */
export interface CounterViolation {
  workload: string
  backend: string
  counter: string
  /** Both counts are per one of these. */
  unit: string
  was: number
  is: number
  /** Null where it was 0. */
  changePercent: number | null
}

export interface CounterComparison {
  /** How many counts were compared. */
  compared: number
  violations: CounterViolation[]
  /** What could not be compared, and what to do about it: one line each. */
  notes: string[]
}

/**
 * A counter that is in one of the two alone is 0 in the other. Where no two processes agreed it is a
 * violation only if all of them are off, on the same side; if they are not, it was not compared.
 */
export function compareCounters(
  baseline: CounterBaseline,
  measured: MeasuredCounters,
  tolerancePercent: number,
): CounterComparison {
  const comparison: CounterComparison = { compared: 0, violations: [], notes: [] }
  for (const row of measured.rows) {
    const known = baseline.counts[row.workload]?.[row.backend]
    if (known === undefined) continue
    compareRow(known[row.unit] ?? {}, row, notGatedOf(baseline, row), tolerancePercent, comparison)
  }
  comparison.notes.push(...unmatched(baseline, measured))
  if (comparison.compared === 0 && comparison.notes.length + measured.failures.length === 0) {
    comparison.notes.push(
      'nothing was compared: the counter baseline gates none of what is counted',
    )
  }
  return comparison
}

function notGatedOf({ notGated }: CounterBaseline, { workload, backend, unit }: CountedRow) {
  return Object.keys(notGated[workload]?.[backend]?.[unit] ?? {})
}

function compareRow(
  known: Record<string, number>,
  { workload, backend, unit, counters }: CountedRow,
  notGated: readonly string[],
  tolerancePercent: number,
  into: CounterComparison,
): void {
  for (const counter of new Set([...Object.keys(known), ...Object.keys(counters)])) {
    if (notGated.includes(counter)) continue
    const was = known[counter] ?? 0
    const found: Agreement = counters[counter] ?? { state: 'stable', value: 0 }
    if (isOff(was, found, tolerancePercent)) {
      const is = found.state === 'stable' ? found.value : found.values[found.values.length >> 1]
      into.violations.push(violation({ workload, backend, counter, unit, was, is }))
    } else if (found.state === 'unstable') {
      into.notes.push(
        `${backend}, ${workload}: ${counter} per ${unit} differs from process to process ` +
          `(${found.values.map(countText).join(', ')}), so it was not compared with ${countText(was)}`,
      )
      continue
    }
    into.compared++
  }
}

function isOff(was: number, found: Agreement, tolerancePercent: number): boolean {
  if (found.state === 'stable') return !agree(was, found.value, tolerancePercent)
  const { values } = found
  if (values.some(value => agree(was, value, tolerancePercent))) return false
  return values.every(value => value > was) || values.every(value => value < was)
}

/** What only the baseline has, or only the measurement; what failed has been said already. */
function unmatched(baseline: CounterBaseline, { rows, failures }: MeasuredCounters): string[] {
  const known = new Set(placesOf(baseline).map(placeText))
  const counted = new Set(rows.map(placeText))
  const failed = new Set(failures.map(placeText))
  const gone = [...known].filter(place => !counted.has(place) && !failed.has(place))
  return [
    ...[...counted]
      .filter(place => !known.has(place))
      .map(place => `${place}: not in the counter baseline; add it with ${UPDATE_COMMAND}`),
    ...gone.map(
      place =>
        `${place}: in the counter baseline, and not counted; if that is meant, take it out with ${UPDATE_COMMAND}`,
    ),
  ]
}

export function violation(of: Omit<CounterViolation, 'changePercent'>): CounterViolation {
  const { was, is } = of
  return { ...of, changePercent: was === 0 ? null : 100 * (is / was - 1) }
}

/** `virtual-sockman, push, wakeup: syscall.getsockopt 0 -> 1.000 per message` */
export function violationText(violation: CounterViolation): string {
  const { counter, unit, was, is, changePercent } = violation
  const change =
    changePercent === null ? '' : ` (${changePercent > 0 ? '+' : ''}${changePercent.toFixed(1)} %)`
  return `${placeText(violation)}: ${counter} ${countText(was)} -> ${countText(is)} per ${unit}${change}`
}

export function countText(count: number): string {
  return count === 0 ? '0' : count.toFixed(3)
}
