import { dispatch } from './dispatch/index.ts'
import { http } from './http/index.ts'
import { ibd } from './ibd/index.ts'
import { mixed } from './mixed/index.ts'
import { outboundHttp } from './outbound-http/index.ts'
import { push } from './push/index.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario in which a driver loads subjects. */
export const scenarios: readonly Scenario[] = [ibd, http, push, mixed, outboundHttp]

/** Those, and the one that needs no driver. */
export const scenarioNames: readonly string[] = [
  ...scenarios.map(({ name }) => name),
  dispatch.name,
]

/** What `npm run bench` measures. */
export const benchScenarios: readonly string[] = [ibd, http, push, dispatch].map(({ name }) => name)

export function findScenario(name: string): Scenario | undefined {
  return scenarios.find(scenario => scenario.name === name)
}
