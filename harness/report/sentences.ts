import { programName } from '../program.ts'
import type { Comparison, Metric, ScenarioResult } from '../record.ts'
import { type CostMetric, costMetrics } from '../statistics/cost-per-unit.ts'
import { change, marginText, percent, ratioText } from './quantities.ts'

/**
 * One quotable sentence per comparison of costs; an A/A′ pair gets its own only where nothing cites
 * it.
 */
export function costSentences({ comparisons }: Compared): string[] {
  const costs = comparisons.filter(isOfCosts)
  return costs.flatMap(comparison => {
    const aa = costs.find(({ kind, metric }) => kind === 'aa' && metric === comparison.metric)
    if (comparison.kind === 'aa') {
      const cited = costs.some(other => other.metric === comparison.metric && citesAA(other))
      return cited ? [] : [aaSentence(comparison)]
    }
    return [citesAA(comparison) ? againstReference(comparison, aa) : againstFloor(comparison)]
  })
}

/** One short sentence on the percentiles of each two that are compared. */
export function latencySentences({ comparisons }: Compared): string[] {
  const compared = comparisons.filter(({ kind, unit }) => kind !== 'aa' && unit === 'µs')
  const pairs = [...new Set(compared.map(pairText))]
  return pairs.map(pair => {
    const texts = compared
      .filter(one => pairText(one) === pair)
      .map(
        one =>
          `${percentileNames[one.metric]} ${change(one.ratio, one.low, one.high)}, ${verdictText(one)}`,
      )
    return `latency of ${pair}: ${texts.join('; ')}`
  })
}

function pairText(comparison: Comparison): string {
  return `${programName(comparison)} against ${baselineName(comparison)}`
}

function baselineName({ baseline, baselineLoops, baselineRevision }: Comparison): string {
  return programName({ backend: baseline, loops: baselineLoops, revision: baselineRevision })
}

const percentileNames: Partial<Record<Metric, string>> = { latencyP50: 'p50', latencyP99: 'p99' }

type Compared = Pick<ScenarioResult, 'comparisons'>

type CostComparison = Comparison & { metric: CostMetric }

function isOfCosts(comparison: Comparison): comparison is CostComparison {
  const metrics: readonly Metric[] = costMetrics
  return metrics.includes(comparison.metric)
}

function citesAA({ kind, baseline }: Comparison): boolean {
  return kind !== 'aa' && baseline !== 'floor'
}

function againstReference(comparison: CostComparison, aa: Comparison | undefined): string {
  const { ratio, low, high } = comparison
  return [
    `${programName(comparison)} needs ${change(ratio, low, high)} ${costName(comparison)} ` +
      `against ${baselineName(comparison)}: ` +
      verdictText(comparison),
    ...(aa === undefined ? [] : [`A/A′ ${change(aa.ratio, aa.low, aa.high)}`]),
    ...detectable(comparison),
  ].join('; ')
}

function aaSentence(comparison: CostComparison): string {
  const { backend, ratio, low, high } = comparison
  return [
    `${backend} against itself (A/A′) ${change(ratio, low, high)} ${costName(comparison)}: ` +
      verdictText(comparison),
    ...detectable(comparison),
  ].join('; ')
}

/** The floor is a bound and no rival, so the ratio is what counts. */
function againstFloor(comparison: CostComparison): string {
  const { backend, baseline, ratio, low, high, verdict } = comparison
  const cost = `${ratioText(ratio, low, high)} the ${costName(comparison)} of ${baseline}`
  const doubtful = verdict === 'invalid' || low === null
  return `${backend} needs ${cost}${doubtful ? `: ${verdictText(comparison)}` : ''}`
}

/** What a verdict in words is made of. */
type Judged = Pick<
  Comparison,
  'verdict' | 'withinMargin' | 'marginPercent' | 'reason' | 'low' | 'high'
>

export function verdictText({
  verdict,
  withinMargin,
  marginPercent,
  reason,
  low,
  high,
}: Judged): string {
  const margin = marginText(marginPercent)
  const factor = 1 + marginPercent / 100
  switch (verdict) {
    case 'equivalent':
      return `equivalent within ±${margin}`
    case 'slower':
      if (withinMargin) return `slower, but within ±${margin}`
      return low !== null && low > factor ? `slower by more than ${margin}` : 'slower'
    case 'faster':
      if (withinMargin) return `faster, but within ±${margin}`
      return high !== null && high < 1 / factor ? `faster by more than ${margin}` : 'faster'
    case 'inconclusive':
      if (reason === 'tail') return 'inconclusive (tail: two ways of estimating disagree)'
      return reason === undefined ? `inconclusive at ±${margin}` : `inconclusive (${reason})`
    case 'invalid':
      return reason === undefined ? 'invalid' : `invalid (${reason})`
  }
}

function detectable({ mdePercent, low }: Comparison): string[] {
  if (mdePercent === null || low === null) return []
  return [`smallest effect this run could see ${percent(mdePercent)}`]
}

const costNames: Record<CostMetric, string> = {
  cpu: 'CPU',
  wall: 'wall time',
  cpuSocketThread: 'socket-thread CPU',
  cpuHandlers: 'handler CPU',
  cpuOther: 'CPU of other threads',
  driverCpu: 'driver CPU',
}

/** `s/GB` → `GB` */
function costName({ metric, unit }: CostComparison): string {
  return `${costNames[metric]} per ${unit.split('/')[1]}`
}
