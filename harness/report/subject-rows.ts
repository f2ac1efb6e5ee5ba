import type { Arm, Comparison, Metric, ProcessSample, ScenarioResult } from '../record.ts'
import { ratioFigure } from './quantities.ts'
import { verdictText } from './sentences.ts'
import { absent } from './table.ts'

/** A row of a table: all processes of one backend in one role. */
export interface SubjectRow {
  backend: string
  arm: Arm
}

/** A, A′, the others, the floor. */
export function subjectsIn(processes: readonly ProcessSample[]): SubjectRow[] {
  const byName = new Map(
    processes.map(({ backend, arm }) => [subjectName({ backend, arm }), { backend, arm }]),
  )
  const order: readonly Arm[] = ['A', "A'", 'B', 'floor']
  return [...byName.values()].sort((x, y) => order.indexOf(x.arm) - order.indexOf(y.arm))
}

export function subjectName({ backend, arm }: SubjectRow): string {
  return arm === "A'" ? `${backend} (A′)` : backend
}

export function estimateIn(
  { estimates }: ScenarioResult,
  { backend, arm }: SubjectRow,
  metric: Metric,
): number | null {
  const found = estimates.find(e => e.backend === backend && e.arm === arm && e.metric === metric)
  return found?.value ?? null
}

/** The row's own comparison: A′ against A, others against the reference. */
export function cpuComparison(
  { comparisons }: ScenarioResult,
  { backend, arm }: SubjectRow,
): Comparison | undefined {
  if (arm === 'A' || arm === 'floor') return undefined
  const isKind = (kind: Comparison['kind']) => (arm === "A'" ? kind === 'aa' : kind !== 'aa')
  return comparisons.find(c => c.metric === 'cpu' && c.backend === backend && isKind(c.kind))
}

export const comparisonHead = ['CPU ratio', '95 % interval', 'verdict']

export function comparisonCells(result: ScenarioResult, row: SubjectRow): string[] {
  if (estimateIn(result, row, 'cpu') === null) return [absent, absent, 'did not finish']
  if (row.arm === 'A') return ['1', absent, 'reference']
  const compared = cpuComparison(result, row)
  if (compared === undefined) return [absent, absent, absent]
  const { ratio, low, high } = compared
  const interval =
    low === null || high === null ? absent : `${ratioFigure(low)} – ${ratioFigure(high)}`
  return [ratioFigure(ratio), interval, verdictText(compared)]
}
