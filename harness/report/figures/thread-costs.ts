import type { MetricUnit, ScenarioResult } from '../../record.ts'
import type { ThreadRole } from '../../thread-roles.ts'
import { estimateIn, subjectName, subjectsIn } from '../subject-rows.ts'

/** CPU per unit of work of one subject, by what its threads do: the medians of the tables. */
export interface ThreadCosts {
  name: string
  unit: MetricUnit
  parts: { role: ThreadRole; cost: number }[]
}

const metrics = [
  ['socket', 'cpuSocketThread'],
  ['handlers', 'cpuHandlers'],
  ['other', 'cpuOther'],
] as const

export function threadCosts(result: ScenarioResult): ThreadCosts[] {
  return subjectsIn(result.processes).flatMap(row => {
    const parts = metrics.flatMap(([role, metric]) => {
      const cost = estimateIn(result, row, metric)
      return cost === null ? [] : [{ role, cost }]
    })
    const unit = result.estimates.find(({ metric }) => metric === 'cpu')?.unit
    return parts.length === 0 || unit === undefined ? [] : [{ name: subjectName(row), unit, parts }]
  })
}
