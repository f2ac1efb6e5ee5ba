import { candidates } from '../../implementations/registry.ts'
import { dispatch } from '../../scenarios/dispatch/index.ts'
import { UsageError } from '../errors.ts'
import type { Plan } from '../plan.ts'
import { measurementsByBackend } from '../revision-plan.ts'
import { planOf, type RunOptions } from './run-plan.ts'

/**
 * Every backend in rounds of its own, base against head.
 * @throws UsageError for what does not exist, cannot be, or cannot take part
 */
export function comparePlan(options: RunOptions, hasCommands: boolean): Plan {
  if (options.scenario.includes(dispatch.name)) {
    throw new UsageError(
      `${dispatch.name} runs inside of this sockbench, so it has no revisions; ` +
        'compare the records of two runs instead',
    )
  }
  const names = candidates.map(({ name }) => name)
  const backends = options.backend ?? (hasCommands ? names.slice(0, 1) : names)
  if (hasCommands && backends.length !== 1) {
    throw new UsageError(
      `a command is told to be one backend, not ${backends.join(', ')}: name one with --backend`,
    )
  }
  const plan = planOf({ ...options, backend: backends })
  const schedules = new Map(plan.measurements.map(({ workload, schedule }) => [workload, schedule]))
  return {
    ...plan,
    measurements: measurementsByBackend([...schedules.keys()], plan.backends, workload => {
      const schedule = schedules.get(workload)
      if (schedule === undefined) throw new Error(`no schedule for ${workload.label}`)
      return schedule
    }),
  }
}
