import { analyse, type Conclusions } from '../analysis/analyse.ts'
import type { GatedMetric } from '../configuration/define-config.ts'
import { planDefaults } from '../plan.ts'
import type { Comparison, ScenarioResult } from '../record.ts'
import type { RatioInterval, Stage } from './gate-result.ts'
import type { Limit } from './gated-measurements.ts'

/** The names of the revisions in the records of a gate. */
export const BASE = 'base'
export const HEAD = 'head'

/**
 * What a set of rounds says about one metric, with an interval at the two-sided level `alpha`. Where
 * any process died, there is nothing to compare.
 * @param result undefined where it was not measured
 */
export function stageOf(
  result: ScenarioResult | undefined,
  { metric, marginPercent }: Limit,
  alpha: number,
): Stage {
  if (result === undefined) return { state: 'no-figure', reason: 'it was not measured' }
  const died = deathsOf(result, BASE) ?? deathsOf(result, HEAD)
  if (died !== undefined) return died
  // A margin of 0 is one for a gate alone: the analysis needs one to tell equivalence by.
  const analysed = marginPercent > 0 ? marginPercent : planDefaults.marginPercent
  const { conclusions } = analyse(result, { marginPercent: analysed, roundsAre: 'over', alpha })
  const found = (kind: Comparison['kind']) =>
    conclusions.comparisons.find(one => one.kind === kind && one.metric === metric)
  const comparison = found('revision')
  if (comparison === undefined) {
    return { state: 'no-figure', reason: whyNoFigure(conclusions, metric) }
  }
  const { rounds, mdePercent, roundsNeeded } = comparison
  const aa = found('aa')
  return {
    state: 'compared',
    ...intervalOf(comparison),
    alpha,
    rounds,
    mdePercent,
    roundsNeeded: marginPercent > 0 ? roundsNeeded : null,
    aa: aa === undefined ? null : intervalOf(aa),
  }
}

function deathsOf({ processes }: ScenarioResult, revision: typeof BASE | typeof HEAD) {
  const reasons = processes.flatMap(({ revision: name, outcome }) =>
    name === revision && outcome.state === 'failed' ? [`${outcome.stage}: ${outcome.reason}`] : [],
  )
  if (reasons.length === 0) return undefined
  return { state: 'died', revision, times: reasons.length, reason: reasons[0] } as const
}

function whyNoFigure({ driverBound, latencyInvalid }: Conclusions, metric: GatedMetric): string {
  const isLatency = metric.startsWith('latency')
  if (isLatency && latencyInvalid !== null) return latencyInvalid
  if (metric !== 'cpu' && driverBound.length > 0) return 'the driver was the bottleneck'
  return isLatency
    ? 'too few samples per process for this percentile'
    : 'its rounds gave no figure of both revisions'
}

function intervalOf({ ratio, low, high }: Comparison): RatioInterval {
  return { ratio, low, high }
}

/** At 95 %, whatever A/A′ says: bias is no acquittal. */
export function isSuspect(stage: Stage, { marginPercent }: Limit): boolean {
  if (stage.state === 'died') return stage.revision === HEAD
  return stage.state === 'compared' && stage.low !== null && stage.low > 1 + marginPercent / 100
}

/** Whether the base differs from itself. */
export function isBiased({ aa }: Stage & { state: 'compared' }): boolean {
  if (aa === null || aa.low === null || aa.high === null) return false
  return aa.low > 1 || aa.high < 1
}
