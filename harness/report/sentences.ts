import type { Comparison, Metric, MetricUnit } from '../record.ts'
import { change, marginText, percent } from './quantities.ts'

/** One quotable sentence per comparison; an A/A′ pair gets its own only where nothing cites it. */
export function sentencesOf(comparisons: readonly Comparison[]): string[] {
  return comparisons.flatMap(comparison => {
    const aa = comparisons.find(({ kind, metric }) => kind === 'aa' && metric === comparison.metric)
    if (comparison.kind === 'aa') {
      const cited = comparisons.some(other => other.metric === comparison.metric && citesAA(other))
      return cited ? [] : [aaSentence(comparison)]
    }
    return [citesAA(comparison) ? againstReference(comparison, aa) : againstFloor(comparison)]
  })
}

function citesAA({ kind, baseline }: Comparison): boolean {
  return kind !== 'aa' && baseline !== 'floor'
}

function againstReference(comparison: Comparison, aa: Comparison | undefined): string {
  const { backend, baseline, ratio, low, high } = comparison
  return [
    `${backend} needs ${change(ratio, low, high)} ${costName(comparison)} against ${baseline}: ` +
      verdictText(comparison),
    ...(aa === undefined ? [] : [`A/A′ ${change(aa.ratio, aa.low, aa.high)}`]),
    ...detectable(comparison),
  ].join('; ')
}

function aaSentence(comparison: Comparison): string {
  const { backend, ratio, low, high } = comparison
  return [
    `${backend} against itself (A/A′) ${change(ratio, low, high)} ${costName(comparison)}: ` +
      verdictText(comparison),
    ...detectable(comparison),
  ].join('; ')
}

/** The floor is a bound and no rival, so the ratio is what counts. */
function againstFloor(comparison: Comparison): string {
  const { backend, baseline, ratio, low, high, verdict } = comparison
  const interval = low === null || high === null ? '' : ` [${low.toFixed(3)}, ${high.toFixed(3)}]`
  const cost = `${ratio.toFixed(3)} ×${interval} the ${costName(comparison)} of ${baseline}`
  const doubtful = verdict === 'invalid' || low === null
  return `${backend} needs ${cost}${doubtful ? `: ${verdictText(comparison)}` : ''}`
}

export function verdictText({
  verdict,
  withinMargin,
  marginPercent,
  reason,
  low,
  high,
}: Comparison): string {
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

const costNames: Record<Metric, string> = {
  cpu: 'CPU',
  wall: 'wall time',
  cpuSocketThread: 'socket-thread CPU',
  cpuOther: 'CPU of other threads',
  cpuMessageHandler: 'message-handler CPU',
  driverCpu: 'driver CPU',
}

const unitNames: Record<MetricUnit, string> = { 's/GB': 'GB', 'ns/message': 'message' }

function costName({ metric, unit }: Comparison): string {
  return `${costNames[metric]} per ${unitNames[unit]}`
}
