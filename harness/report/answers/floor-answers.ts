import { FLOOR } from '../../participants.ts'
import type { ScenarioResult } from '../../record.ts'
import { fewOf } from '../listed.ts'
import { ratioText } from '../quantities.ts'
import type { Answer } from './answer.ts'

/** How far above the bare loop the reference is: a bound, and so no verdict. */
export function floorAnswers(scenarios: readonly ScenarioResult[]): Answer[] {
  const found = scenarios.flatMap(({ scenario, label, comparisons }) =>
    comparisons
      .filter(({ baseline }) => baseline === FLOOR)
      .filter(({ verdict, low }) => verdict !== 'invalid' && low !== null)
      .map(({ backend, ratio, low, high }) => ({
        backend,
        place: `${ratioText(ratio, low, high)} in ${scenario} (${label})`,
      })),
  )
  if (found.length === 0) return []
  const [{ backend }] = found
  return [
    {
      verdict: null,
      text:
        `${backend} against the bare loop (floor: it polls, receives and hashes, and answers to no ` +
        `message; nobody can need less CPU): ${fewOf(found.map(({ place }) => place))}`,
    },
  ]
}
