import { FLOOR } from '../../participants.ts'
import { type Program, programName } from '../../program.ts'
import type { Comparison, ScenarioResult, SockbenchRecord } from '../../record.ts'
import { isCompared } from '../compared-metrics.ts'
import type { Judgement } from './judgement.ts'

/**
 * Everything that is compared with a reference, candidates first; the floor is a bound and no
 * reference. A/A′ is the yardstick of the others, and a finding where there is nothing else.
 */
export function judgementsOf({ scenarios, warnings }: Judged): Judgement[] {
  const all = scenarios.flatMap(result =>
    result.comparisons
      .filter(({ baseline }) => baseline !== FLOOR)
      .map(comparison => ({ result, comparison })),
  )
  const others = all.filter(({ comparison }) => comparison.kind !== 'aa')
  return (others.length === 0 ? all : others)
    .toSorted((one, other) => rank(one.comparison) - rank(other.comparison))
    .flatMap(({ result, comparison }) => judgementOf(result, comparison, warnings))
}

type Judged = Pick<SockbenchRecord, 'scenarios' | 'warnings'>

/** A backend that nobody proposes: what a TypeScript user would take instead. */
export const BYSTANDER = 'libuv'

const kinds: readonly Comparison['kind'][] = ['revision', 'backend', 'loops', 'aa']

function rank({ kind, backend }: Comparison): number {
  return kinds.indexOf(kind) + (backend === BYSTANDER ? kinds.length : 0)
}

function judgementOf(
  result: ScenarioResult,
  comparison: Comparison,
  warnings: readonly string[],
): Judgement[] {
  const { metric, ratio, low, high, marginPercent, verdict, withinMargin, reason } = comparison
  if (!isCompared(metric)) return []
  return [
    {
      pair: pairText(comparison),
      workload: `${result.scenario} (${result.label})`,
      metric,
      ratio,
      low,
      high,
      marginPercent,
      verdict,
      withinMargin,
      reason,
      mdePercent: comparison.mdePercent,
      warned: metric === 'cpu' && isWarnedOf(result, comparison, warnings),
    },
  ]
}

function pairText(comparison: Comparison): string {
  const { kind, backend, loops, revision, baseline, baselineLoops, baselineRevision } = comparison
  const named = backend === BYSTANDER ? `${backend} (a reference and no candidate)` : backend
  switch (kind) {
    case 'aa':
      return `${programName(comparison)} against itself (A/A′)`
    case 'revision':
      return `${revision} against ${baselineRevision}, ${programName({ backend, loops, revision: null })}`
    case 'loops':
      return `${named} with a socket loop for each service against one for all`
    case 'backend': {
      const sharing = loops === 'each' && baselineLoops === 'each'
      if (sharing) return `${named} against ${baseline}, both with a loop for each service`
      return `${named} against ${programName({ backend: baseline, loops: baselineLoops, revision: null })}`
    }
  }
}

/** The analysis starts a warning with the workload and the program that it is about. */
function isWarnedOf(
  { scenario, label }: ScenarioResult,
  comparison: Program,
  warnings: readonly string[],
): boolean {
  const start = `${scenario} (${label}), ${programName(comparison)}: `
  const doubts = /CPU difference|gave no figure|thread still ran/
  return warnings.some(warning => warning.startsWith(start) && doubts.test(warning))
}
