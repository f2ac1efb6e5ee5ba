import type { Metric } from '../record.ts'

const names: Record<Metric, string> = {
  cpu: 'CPU per unit of work',
  wall: 'wall time per unit of work',
  cpuSocketThread: 'socket-thread CPU per unit of work',
  cpuHandlers: 'handler CPU per unit of work',
  cpuOther: 'CPU of other threads per unit of work',
  driverCpu: 'driver CPU per unit of work',
  latencyP50: 'latency, p50',
  latencyP90: 'latency, p90',
  latencyP99: 'latency, p99',
  latencyP999: 'latency, p99.9',
  latencyMax: 'longest latency',
  idleCpu: 'CPU at rest',
  idlePolls: 'polls at rest',
}

export function metricName(metric: Metric): string {
  return names[metric]
}
