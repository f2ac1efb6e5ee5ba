import type { DispatchResult } from './dispatch/record.ts'
import { type Plan, roundsOf } from './plan.ts'
import type { ScenarioResult } from './record.ts'

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
  const { workloads, dispatchRounds } = plan
  const planned = workloads.length + (dispatchRounds > 0 ? 1 : 0)
  const measured = scenarios.length + (dispatch === null ? 0 : 1)
  return [
    ...(measured < planned
      ? [`unfinished: ${measured} of ${planned} workloads were measured`]
      : []),
    ...scenarios.flatMap(({ processes }, i) => {
      const { scenario, label } = workloads[i]
      return roundsWarning(processes, roundsOf(plan, workloads[i]), `${scenario} (${label})`)
    }),
    ...(dispatch === null ? [] : roundsWarning(dispatch.processes, dispatchRounds, 'dispatch')),
  ]
}

function roundsWarning(
  processes: readonly { round: number }[],
  planned: number,
  name: string,
): string[] {
  const ran = new Set(processes.map(({ round }) => round)).size
  return ran < planned ? [`unfinished: ${ran} of ${planned} rounds of ${name} ran`] : []
}
