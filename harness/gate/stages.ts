import type { GatedMetric } from '../configuration/define-config.ts'
import type { ScenarioResult } from '../record.ts'
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'
import { minimumDetectableEffect, roundsFor } from '../statistics/minimum-detectable-effect.ts'
import { meanAndDeviation, pairedTInterval } from '../statistics/student-t.ts'
import { faultIn } from './deaths.ts'
import { differencesOf } from './differences.ts'
import type { RatioInterval, Stage } from './gate-result.ts'
import type { Limit } from './gated-measurements.ts'

/**
 * What a set of rounds says about one metric, with intervals at the two-sided level `alpha`. Where
 * any process died, there is nothing to compare.
 * @param result undefined where it was not measured
 */
export function stageOf(
  result: ScenarioResult | undefined,
  { metric, marginPercent }: Limit,
  alpha: number,
): Stage {
  if (result === undefined) return { state: 'not-measured', reason: 'it has no rounds' }
  const fault = faultIn(result)
  if (fault !== undefined) return fault
  const { head, aa } = differencesOf(result, metric)
  if (head.length === 0) return { state: 'no-figure', reason: whyNoFigure(result, metric) }
  const interval = intervalOf(head, alpha)
  return {
    state: 'compared',
    ...interval,
    alpha,
    rounds: head.length,
    ...(interval.low === null ? unknown : precisionOf(head, marginPercent, alpha)),
    aa: aa.length === 0 ? null : intervalOf(aa, alpha),
  }
}

function whyNoFigure({ driverBound, latencyInvalid }: ScenarioResult, metric: GatedMetric): string {
  const isLatency = metric.startsWith('latency')
  if (isLatency && latencyInvalid !== null) return latencyInvalid
  if (metric !== 'cpu' && driverBound.length > 0) return 'the driver was the bottleneck'
  return isLatency
    ? 'too few samples per process for this percentile'
    : 'its rounds gave no figure of both revisions'
}

function intervalOf(differences: readonly number[], alpha: number): RatioInterval {
  const centre = hodgesLehmann(differences, alpha)
  const ratio = Math.exp(centre.estimate)
  if (centre.state === 'too-few') return { ratio, low: null, high: null }
  return { ratio, low: Math.exp(centre.low), high: Math.exp(centre.high) }
}

type Precision = Pick<Stage & { state: 'compared' }, 'student' | 'mdePercent' | 'roundsNeeded'>

const unknown: Precision = { student: null, mdePercent: null, roundsNeeded: null }

function precisionOf(
  differences: readonly number[],
  marginPercent: number,
  alpha: number,
): Precision {
  const { low, high } = pairedTInterval(differences, alpha)
  const { deviation } = meanAndDeviation(differences)
  const margin = Math.log1p(marginPercent / 100)
  return {
    student: { low: Math.exp(low), high: Math.exp(high) },
    mdePercent: 100 * Math.expm1(margin + minimumDetectableEffect(differences, alpha)),
    roundsNeeded: margin > 0 ? roundsFor(margin, deviation, alpha) : null,
  }
}

/** Whether the base differs from itself. */
export function isBiased({ aa }: Stage & { state: 'compared' }): boolean {
  if (aa === null || aa.low === null || aa.high === null) return false
  return aa.low > 1 || aa.high < 1
}
