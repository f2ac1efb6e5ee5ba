import { findScenario } from '../../scenarios/index.ts'
import { SettingError, type Workload } from '../../scenarios/scenario.ts'
import type { GatedComparison, GatedMetric, GatedWorkload } from '../configuration/define-config.ts'
import { UsageError } from '../errors.ts'
import { FLOOR, knownBackends, participants } from '../participants.ts'
import { fixedRounds, type Measurement } from '../plan.ts'
import { measurementsByBackend } from '../revision-plan.ts'

/** One workload on one backend, both revisions side by side, and what is judged of it. */
export interface GatedMeasurement {
  readonly measurement: Measurement
  /** As in the configuration: what chooses this workload on a command line. */
  readonly set: Readonly<Record<string, string | number>>
  readonly limits: readonly Limit[]
}

export interface Limit {
  readonly metric: GatedMetric
  readonly marginPercent: number
}

/** Without the floor, and without another library's loop: a change here could break neither. */
export const usualBackends: readonly string[] = knownBackends.filter(
  name => name !== FLOOR && name !== 'libuv',
)

/**
 * What a configuration asks for: a workload on a backend is measured once, however many metrics of it
 * are gated.
 * @throws UsageError for what cannot be measured, or is asked for twice
 */
export function gatedMeasurements(
  comparisons: readonly GatedComparison[],
  rounds: number,
): GatedMeasurement[] {
  const gated = new Map<string, GatedMeasurement>()
  for (const comparison of comparisons) {
    const { set = {}, marginPercent } = comparison
    const workload = workloadOf(comparison, 'gate.comparisons')
    const limits = metricsOf(comparison, workload).map(metric => ({ metric, marginPercent }))
    const backends = backendsOf(comparison, workload)
    const schedule = fixedRounds(rounds, workload)
    for (const measurement of measurementsByBackend([workload], backends, () => schedule)) {
      const name = `${workload.scenario} (${measurement.label})`
      const before = gated.get(name)?.limits ?? []
      const twice = limits.find(({ metric }) => before.some(one => one.metric === metric))
      if (twice !== undefined) {
        throw new UsageError(
          `gate.comparisons: ${twice.metric} of ${name} is there twice; keep one`,
        )
      }
      gated.set(name, { measurement, set, limits: [...before, ...limits] })
    }
  }
  return [...gated.values()]
}

/**
 * @param where in the configuration, for messages
 * @throws UsageError unless it is one workload
 */
export function workloadOf({ scenario: name, set = {} }: GatedWorkload, where: string): Workload {
  const scenario = findScenario(name)
  if (scenario === undefined) {
    throw new UsageError(`${where}: ${name} starts no processes, and cannot be gated`)
  }
  try {
    const given = Object.entries(set).map(([key, value]) => [key, String(value)] as const)
    const [workload, ...others] = scenario.workloads(new Map(given))
    if (others.length === 0) return workload
    throw new UsageError(
      `${where}: "set" leaves ${1 + others.length} workloads of ${name}; choose one`,
    )
  } catch (error) {
    if (error instanceof SettingError) throw new UsageError(`${where}: ${error.message}`)
    throw error
  }
}

function metricsOf({ metrics = ['cpu'] }: GatedComparison, workload: Workload): GatedMetric[] {
  const { scenario, label, measuresLatency } = workload
  const latency = metrics.find(metric => metric.startsWith('latency'))
  if (latency === undefined || measuresLatency) return [...new Set(metrics)]
  throw new UsageError(
    `gate.comparisons: ${scenario} (${label}) records no latencies, so it has no ${latency}`,
  )
}

function backendsOf({ backends }: GatedComparison, workload: Workload): string[] {
  const wanted = backends ?? usualBackends
  const able = participants(wanted, workload).filter(name => name !== FLOOR)
  const unable = wanted.find(name => !able.includes(name))
  const { scenario, label } = workload
  if (able.length > 0 && (backends === undefined || unable === undefined)) return able
  throw new UsageError(
    `gate.comparisons: ${unable ?? 'no backend'} can take part in ${scenario} (${label})` +
      (unable === undefined ? '' : ' only beside others, or not at all; leave it out'),
  )
}
