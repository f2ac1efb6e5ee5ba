import type { DispatchResult } from './dispatch/record.ts'
import type { Plan } from './plan.ts'
import type { ScenarioResult, Schedule } from './record.ts'

/**
 * What the plan has and the record has not, since it is of an earlier moment, the run was interrupted,
 * or its budget was used up.
 * @param scenarios of the plan's workloads, in their order, as far as it came
 */
export function unfinishedWarnings(
  plan: Plan,
  scenarios: readonly Pick<ScenarioResult, 'processes'>[],
  dispatch: Pick<DispatchResult, 'processes'> | null,
): string[] {
  const { measurements, dispatchRounds } = plan
  const planned = measurements.length + (dispatchRounds > 0 ? 1 : 0)
  const measured = scenarios.length + (dispatch === null ? 0 : 1)
  return [
    ...(measured < planned
      ? [`unfinished: ${measured} of ${planned} workloads were measured`]
      : []),
    ...scenarios.flatMap(({ processes }, i) => {
      const { workload, label, schedule } = measurements[i]
      return roundsWarning(processes, schedule, `${workload.scenario} (${label})`)
    }),
    ...(dispatch === null
      ? []
      : roundsWarning(dispatch.processes, { looks: [dispatchRounds] }, 'dispatch')),
  ]
}

function roundsWarning(
  processes: readonly { round: number }[],
  { looks }: Pick<Schedule, 'looks'>,
  name: string,
): string[] {
  const ran = new Set(processes.map(({ round }) => round)).size
  const next = looks.find(look => look >= ran)
  return next === undefined || next === ran
    ? []
    : [`unfinished: ${ran} of ${next} rounds of ${name} ran`]
}
