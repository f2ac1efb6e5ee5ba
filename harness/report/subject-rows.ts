import { type Program, programName, runs } from '../program.ts'
import type { Arm, Comparison, Metric, ProcessSample, ScenarioResult } from '../record.ts'
import { ratioFigure } from './quantities.ts'
import { verdictText } from './sentences.ts'
import { absent } from './table.ts'

/** A row of a table: all processes of one program in one role. */
export interface SubjectRow extends Program {
  arm: Arm
}

/** A, A′, the others, the floor. */
export function subjectsIn(processes: readonly ProcessSample[]): SubjectRow[] {
  const byName = new Map(
    processes.map(({ backend, loops, revision, arm }) => {
      const row = { backend, loops, revision, arm }
      return [subjectName(row), row]
    }),
  )
  const order: readonly Arm[] = ['A', "A'", 'B', 'floor']
  return [...byName.values()].sort((x, y) => order.indexOf(x.arm) - order.indexOf(y.arm))
}

export function subjectName(row: SubjectRow): string {
  return row.arm === "A'" ? `${programName(row)} (A′)` : programName(row)
}

export function estimateIn(
  { estimates }: ScenarioResult,
  row: SubjectRow,
  metric: Metric,
): number | null {
  const found = estimates.find(e => e.metric === metric && e.arm === row.arm && runs(e, row))
  return found?.value ?? null
}

/**
 * The row's own comparison: A′ against A, other revisions against the first, other backends against the
 * reference that shares socket threads as they do, and the reference, where it shares them otherwise,
 * against itself.
 */
export function cpuComparison(
  { comparisons, processes }: ScenarioResult,
  row: SubjectRow,
): Comparison | undefined {
  if (row.arm === 'A' || row.arm === 'floor') return undefined
  const reference = processes.find(({ arm }) => arm === 'A')
  return comparisons.find(
    c => c.metric === 'cpu' && c.kind === kindOf(row, reference) && runs(c, row),
  )
}

function kindOf(row: SubjectRow, reference: Program | undefined): Comparison['kind'] {
  if (row.arm === "A'") return 'aa'
  if (row.revision !== reference?.revision) return 'revision'
  return row.backend === reference?.backend ? 'loops' : 'backend'
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
