/** What is compared by an interval, for people. */
export const metricNames = {
  cpu: 'CPU',
  wall: 'wall time',
  latencyP50: 'latency p50',
  latencyP99: 'latency p99',
} as const

export type ComparedMetric = keyof typeof metricNames

export function isCompared(metric: string): metric is ComparedMetric {
  return metric in metricNames
}
