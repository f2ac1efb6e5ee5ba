import type { MetricUnit, ProcessSample, ScenarioResult } from '../../record.ts'
import { costUnits, sliceCosts } from '../../statistics/cost-per-unit.ts'
import { median } from '../../statistics/median.ts'
import { type SubjectRow, subjectName, subjectsIn } from '../subject-rows.ts'

/** CPU per unit of work of each slice of one subject, as a ratio to the median of all its slices. */
export interface SliceCosts extends SubjectRow {
  name: string
  /** Of all its slices. */
  median: number
  metricUnit: MetricUnit
  dots: SliceDot[]
  /** Of all its slices: eight in ten lie between `low` and `high`. */
  spread: { low: number; high: number; largest: number }
  /** Slices there are; more than there are dots where they were thinned out. */
  slices: number
}

interface SliceDot {
  round: number
  /** Position of the slice among those of its process, 0 to 1. */
  position: number
  ratio: number
}

/**
 * Every slice where there are at most so many; else of each process every second, third and so on, and
 * whatever lies more than `OUTLIER` away, which thinning out must not hide.
 * @param mostDots of one subject, besides outliers
 */
export function sliceCostsOf(
  { processes, unit }: Pick<ScenarioResult, 'processes' | 'unit'>,
  mostDots: number,
): SliceCosts[] {
  return subjectsIn(processes).flatMap(row => {
    const own = processes.filter(process => subjectName(process) === subjectName(row))
    const all = own.flatMap(process => dotsOf(process, unit))
    if (all.length === 0) return []
    const middle = median(all.map(({ cost }) => cost))
    if (middle === 0) return []
    const stride = Math.ceil(all.length / mostDots)
    const ratioOf = ({ cost }: { cost: number }) => cost / middle
    const far = all.filter(dot => isOutlier(ratioOf(dot)))
    const farStride = Math.ceil(far.length / mostDots)
    const kept = new Set([
      ...all.filter(({ index }) => index % stride === 0),
      ...far.filter((_, i) => i % farStride === 0),
    ])
    const dots = all
      .filter(dot => kept.has(dot))
      .map(dot => ({ round: dot.round, position: dot.position, ratio: ratioOf(dot) }))
    const name = subjectName(row)
    const spread = spreadOf(Float64Array.from(all.map(ratioOf)).sort())
    const metricUnit = costUnits[unit]
    return [{ ...row, name, median: middle, metricUnit, dots, spread, slices: all.length }]
  })
}

function spreadOf(sorted: Float64Array): SliceCosts['spread'] {
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]
  return { low: at(0.1), high: at(0.9), largest: at(1) }
}

/** Twice or half of what is usual. */
const OUTLIER = 2

function isOutlier(ratio: number): boolean {
  return ratio > OUTLIER || ratio < 1 / OUTLIER
}

function dotsOf({ round, outcome }: ProcessSample, unit: ScenarioResult['unit']) {
  if (outcome.state === 'failed') return []
  const costs = sliceCosts(outcome.slices, 'cpu', unit)
  return costs.flatMap((cost, index) =>
    Number.isFinite(cost) ? [{ round, index, position: (index + 0.5) / costs.length, cost }] : [],
  )
}
