import type { Verdict } from '../../record.ts'
import type { ComparedMetric } from '../compared-metrics.ts'

/** What was found of one figure of two programs in one workload, as words need it. */
export interface Judgement {
  /** `virtual-sockman against direct` */
  pair: string
  /** `ibd (large, 1 peer)` */
  workload: string
  metric: ComparedMetric
  ratio: number
  /** An interval of the ratio; null where there were too few rounds for one. */
  low: number | null
  high: number | null
  marginPercent: number
  verdict: Verdict
  withinMargin: boolean
  reason?: string | undefined
  /** The smallest effect that nine runs of ten would find; null where nobody knows. */
  mdePercent: number | null
  /** Whether one of the warnings is about it. */
  warned: boolean
}

/** What has an interval. */
export interface Concluded extends Judgement {
  low: number
  high: number
}

export function isConcluded(judgement: Judgement): judgement is Concluded {
  return judgement.low !== null && judgement.high !== null
}
