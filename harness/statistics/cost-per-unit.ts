import type { CpuByThread, Metric, MetricUnit, ProcessSample, Slice, WorkUnit } from '../record.ts'
import { roleOf, type ThreadRole } from '../thread-roles.ts'
import { trimmedMean } from './trimmed-mean.ts'

/** What a unit of work costs. */
export const costMetrics = [
  'cpu',
  'wall',
  'cpuSocketThread',
  'cpuHandlers',
  'cpuOther',
  'driverCpu',
] as const satisfies readonly Metric[]
export type CostMetric = (typeof costMetrics)[number]

/** What `costPerUnit` is in: one nanosecond per byte is one second per 10^9 bytes. */
export const costUnits: Record<WorkUnit, MetricUnit> = {
  GB: 's/GB',
  message: 'ns/message',
  request: 'ns/request',
}

/**
 * One figure per process: the cost of a unit of work in each slice, trimmed over the slices. Null
 * when the process did not complete, did no work, or has no such thread.
 */
export function costPerUnit(
  sample: ProcessSample,
  metric: CostMetric,
  unit: WorkUnit,
): number | null {
  if (sample.outcome.state === 'failed') return null
  const costs = sliceCosts(sample.outcome.slices, metric, unit)
  // V8's own threads may rest for a whole slice; the work itself cannot cost nothing.
  const isPossible = (cost: number) => Number.isFinite(cost) && (cost > 0 || metric === 'cpuOther')
  const usable = costs.length > 0 && costs.every(isPossible)
  return usable ? trimmedMean(costs) : null
}

/** The cost of a unit of work, slice by slice, in the order in which they ran. */
export function sliceCosts(slices: readonly Slice[], metric: CostMetric, unit: WorkUnit): number[] {
  return slices.map(slice => costNs(slice, metric) / workDone(slice, unit))
}

/** How busy its core the subject, or the driver, was while the slices ran: 1 is all of one core. */
export function coreShare(slices: readonly Slice[], metric: 'cpu' | 'driverCpu'): number {
  const cost = slices.reduce((sum, slice) => sum + costNs(slice, metric), 0)
  return cost / slices.reduce((sum, slice) => sum + slice.wallNs, 0)
}

export function totalCpuNs(threads: CpuByThread): number {
  return Object.values(threads).reduce((sum, { cpuNs }) => sum + cpuNs, 0)
}

function costNs(slice: Slice, metric: CostMetric): number {
  switch (metric) {
    case 'cpu':
      return totalCpuNs(slice.threads)
    case 'wall':
      return slice.wallNs
    case 'cpuSocketThread':
      return roleCpuNs(slice.threads, 'socket')
    case 'cpuHandlers':
      return roleCpuNs(slice.threads, 'handlers')
    case 'cpuOther':
      return roleCpuNs(slice.threads, 'other')
    case 'driverCpu':
      return slice.driverCpuNs
  }
}

/** NaN where there is no such thread. */
function roleCpuNs(threads: CpuByThread, role: ThreadRole): number {
  const inRole = Object.entries(threads).filter(([name]) => roleOf(name) === role)
  return inRole.length === 0 ? Number.NaN : totalCpuNs(Object.fromEntries(inRole))
}

function workDone(slice: Slice, unit: WorkUnit): number {
  return unit === 'GB' ? slice.bytes : slice.messages
}
