import type { CountersConfig } from '../configuration/define-config.ts'
import { checkCounters } from '../counters/check-counters.ts'
import { countedWorkload } from '../counters/counted-workloads.ts'
import { COUNTER_BASELINE, type CounterBaseline } from '../counters/counter-baseline.ts'
import { type CountingOptions, countingDefaults } from '../counters/measure-counters.ts'
import type { CounterFindings } from './gate-result.ts'
import { usualBackends, workloadOf } from './gated-measurements.ts'

export type Counting = Pick<CountingOptions, 'revision' | 'pinning' | 'signal' | 'observer'>

export function counterFile({ file = COUNTER_BASELINE }: CountersConfig): string {
  return file
}

/** What is counted: the fixed list, or what the configuration names, each on the backends of its own. */
export function countingOptions(config: CountersConfig, counting: Counting): CountingOptions {
  const { tolerancePercent = countingDefaults.tolerancePercent, scenarios } = config
  const options = { ...counting, tolerancePercent, backends: usualBackends }
  if (scenarios === undefined) return options
  const workloads = scenarios.map(chosen => {
    const workload = workloadOf(chosen, 'gate.counters.scenarios')
    return countedWorkload(workload, chosen.backends ?? usualBackends)
  })
  return { ...options, workloads }
}

/** Counts the head, and says where that is not what the baseline says. */
export async function gateCounters(
  config: CountersConfig,
  baseline: CounterBaseline,
  counting: Counting,
): Promise<CounterFindings> {
  const { tolerancePercent = countingDefaults.tolerancePercent } = config
  const checked = await checkCounters(baseline, countingOptions(config, counting))
  return { baseline: counterFile(config), tolerancePercent, ...checked }
}
