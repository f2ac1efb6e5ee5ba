import type { Metric, MetricUnit, ProcessSample, Slice, WorkUnit } from '../record.ts'
import { trimmedMean } from './trimmed-mean.ts'

export const metrics: readonly Metric[] = [
  'cpu',
  'wall',
  'cpuSocketThread',
  'cpuMessageHandler',
  'cpuOther',
  'driverCpu',
]

/** What `costPerUnit` is in: one nanosecond per byte is one second per 10^9 bytes. */
export const metricUnits: Record<WorkUnit, MetricUnit> = { GB: 's/GB', message: 'ns/message' }

/**
 * One figure per process: the cost of a unit of work in each slice, trimmed over the slices. Null
 * when the process did not complete, did no work, or has no such thread.
 */
export function costPerUnit(sample: ProcessSample, metric: Metric, unit: WorkUnit): number | null {
  if (sample.outcome.state === 'failed') return null
  const costs = sliceCosts(sample.outcome.slices, metric, unit)
  // V8's own threads may rest for a whole slice; the work itself cannot cost nothing.
  const isPossible = (cost: number) => Number.isFinite(cost) && (cost > 0 || metric === 'cpuOther')
  const usable = costs.length > 0 && costs.every(isPossible)
  return usable ? trimmedMean(costs) : null
}

/** The cost of a unit of work, slice by slice, in the order in which they ran. */
export function sliceCosts(slices: readonly Slice[], metric: Metric, unit: WorkUnit): number[] {
  return slices.map(slice => costNs(slice, metric) / workDone(slice, unit))
}

/** How busy its core the subject, or the driver, was while the slices ran: 1 is all of one core. */
export function coreShare(slices: readonly Slice[], metric: 'cpu' | 'driverCpu'): number {
  const cost = slices.reduce((sum, slice) => sum + costNs(slice, metric), 0)
  return cost / slices.reduce((sum, slice) => sum + slice.wallNs, 0)
}

function costNs(slice: Slice, metric: Metric): number {
  switch (metric) {
    case 'cpu':
      return Object.values(slice.threads).reduce((sum, thread) => sum + thread.cpuNs, 0)
    case 'wall':
      return slice.wallNs
    case 'cpuSocketThread':
      return slice.threads['b-net']?.cpuNs ?? Number.NaN
    case 'cpuMessageHandler':
      return slice.threads['b-msghand']?.cpuNs ?? Number.NaN
    case 'cpuOther':
      return slice.threads.other?.cpuNs ?? Number.NaN
    case 'driverCpu':
      return slice.driverCpuNs
  }
}

function workDone(slice: Slice, unit: WorkUnit): number {
  return unit === 'GB' ? slice.bytes : slice.messages
}
