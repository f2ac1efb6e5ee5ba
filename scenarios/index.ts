import { ibd } from './ibd/index.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario there is. */
export const scenarios: readonly Scenario[] = [ibd]

export function findScenario(name: string): Scenario | undefined {
  return scenarios.find(scenario => scenario.name === name)
}
