import { type Agreement, agree } from './agreement.ts'
import { type CounterBaseline, UPDATE_COMMAND } from './counter-baseline.ts'
import type { CountedRow } from './judgement.ts'

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
 * violation only if all of them are off, on the same side.
 */
export function compareCounters(
  baseline: CounterBaseline,
  rows: readonly CountedRow[],
  tolerancePercent: number,
): CounterComparison {
  const comparison: CounterComparison = { compared: 0, violations: [], notes: [] }
  const unknown = new Set<string>()
  for (const row of rows) {
    const { workload, backend, unit } = row
    const known = baseline.counts[workload]?.[backend]
    if (known === undefined) unknown.add(`${backend}, ${workload}`)
    else compareRow(known[unit] ?? {}, row, notGatedOf(baseline, row), tolerancePercent, comparison)
  }
  for (const which of unknown) {
    comparison.notes.push(`${which}: not in the counter baseline; add it with ${UPDATE_COMMAND}`)
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
    into.compared++
    const was = known[counter] ?? 0
    const found: Agreement = counters[counter] ?? { state: 'stable', value: 0 }
    if (isOff(was, found, tolerancePercent)) {
      const is = found.state === 'stable' ? found.value : found.values[found.values.length >> 1]
      const changePercent = was === 0 ? null : 100 * (is / was - 1)
      into.violations.push({ workload, backend, counter, unit, was, is, changePercent })
    } else if (found.state === 'unstable') {
      into.notes.push(
        `${backend}, ${workload}: ${counter} per ${unit} differs from process to process ` +
          `(${found.values.map(figure).join(', ')}), so it was not compared with ${figure(was)}`,
      )
    }
  }
}

function isOff(was: number, found: Agreement, tolerancePercent: number): boolean {
  if (found.state === 'stable') return !agree(was, found.value, tolerancePercent)
  const { values } = found
  if (values.some(value => agree(was, value, tolerancePercent))) return false
  return values.every(value => value > was) || values.every(value => value < was)
}

/** `virtual-sockman, push, wakeup: syscall.getsockopt 0 -> 1.000 per message` */
export function violationText(violation: CounterViolation): string {
  const { workload, backend, counter, unit, was, is, changePercent } = violation
  const change =
    changePercent === null ? '' : ` (${changePercent > 0 ? '+' : ''}${changePercent.toFixed(1)} %)`
  return `${backend}, ${workload}: ${counter} ${figure(was)} -> ${figure(is)} per ${unit}${change}`
}

function figure(count: number): string {
  return count === 0 ? '0' : count.toFixed(3)
}
