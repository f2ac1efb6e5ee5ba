import { FLOOR } from '../participants.ts'
import { programName } from '../program.ts'
import type { Comparison, Metric, ScenarioResult, Verdict } from '../record.ts'
import { modePrefix, type PushGroup } from './push-matrix.ts'
import { verdictText } from './sentences.ts'

/** One ratio with its interval: a line of a forest plot. */
export interface ForestRow {
  kind: Comparison['kind']
  /** `virtual-sockman`, `direct (A′)`; of pushes with the send mode before it, where there are several. */
  subject: string
  baseline: string
  /** `virtual-sockman against direct`, `direct (A′) against direct` */
  name: string
  metric: Metric
  ratio: number
  /** Null where there were too few rounds for an interval. */
  interval: { low: number; high: number } | null
  marginPercent: number
  verdict: Verdict
  /** The verdict in words. */
  words: string
}

/** Every comparison of a workload but those with the floor, which is a bound and no rival. */
export function forestRows({ comparisons }: Pick<ScenarioResult, 'comparisons'>): ForestRow[] {
  return comparisons.filter(({ baseline }) => baseline !== FLOOR).map(forestRow)
}

/** Of workloads that differ in their send mode alone. */
export function forestRowsByMode(group: PushGroup): ForestRow[] {
  return group.flatMap(result =>
    forestRows(result).map(row => {
      const subject = `${modePrefix(group, result)}${row.subject}`
      return { ...row, subject, name: `${subject} against ${row.baseline}` }
    }),
  )
}

function forestRow(comparison: Comparison): ForestRow {
  const { kind, metric, ratio, low, high, marginPercent, verdict } = comparison
  const baseline = programName({
    backend: comparison.baseline,
    loops: comparison.baselineLoops,
    revision: comparison.baselineRevision,
  })
  const subject = `${programName(comparison)}${kind === 'aa' ? ' (A′)' : ''}`
  const interval = low === null || high === null ? null : { low, high }
  return {
    kind,
    subject,
    baseline,
    name: `${subject} against ${baseline}`,
    metric,
    ratio,
    interval,
    marginPercent,
    verdict,
    words: verdictText(comparison),
  }
}
