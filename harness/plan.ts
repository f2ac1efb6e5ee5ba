import { backends } from '../implementations/registry.ts'
import type { Workload } from '../scenarios/scenario.ts'
import type { Pinning } from './pinning.ts'
import type { Arm } from './record.ts'

/** What a run measures, resolved: nothing is decided later than here. */
export interface Plan {
  workloads: readonly Workload[]
  /** The first is the reference. */
  backends: readonly string[]
  rounds: number
  /** No new round of a workload starts when its share of this is used up. */
  budgetMs: number | undefined
  marginPercent: number
  /** Of every random order; the chain has a seed of its own among the scenario's settings. */
  seed: number
  pinning: Pinning | null
}

export const planDefaults = {
  rounds: 8,
  marginPercent: 1,
} satisfies Partial<Plan>

/** One process of each round. */
export interface SubjectSpec {
  /** Unique within a round; the driver knows the subject by it. */
  name: string
  backend: string
  arm: Arm
}

/**
 * The reference twice, as A and A′, which nothing but their names tells apart; then the others; and
 * the floor, if asked for.
 */
export function subjectsOfRound(names: readonly string[]): SubjectSpec[] {
  const [reference, ...others] = names.filter(name => name !== FLOOR)
  return [
    { name: `${reference} A`, backend: reference, arm: 'A' },
    { name: `${reference} A'`, backend: reference, arm: "A'" },
    ...others.map(backend => ({ name: backend, backend, arm: 'B' as const })),
    ...(names.includes(FLOOR) ? [{ name: FLOOR, backend: FLOOR, arm: 'floor' as const }] : []),
  ]
}

/** The one backend that speaks the driver's raw protocol. */
export const FLOOR = 'floor'

export const knownBackends = backends.map(({ name }) => name)
