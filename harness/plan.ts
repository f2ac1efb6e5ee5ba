import type { Workload } from '../scenarios/scenario.ts'
import { FLOOR, participants } from './participants.ts'
import type { Pinning } from './pinning.ts'
import type { Arm } from './record.ts'

/** What a run measures, resolved: nothing is decided later than here. */
export interface Plan {
  workloads: readonly Workload[]
  /** Asked for, but none of the backends can take part in it. */
  leftOut: readonly Workload[]
  /** The first that can take part in a workload is its reference. */
  backends: readonly string[]
  /** Rounds of `dispatch`, which has no workloads; 0 without it. */
  dispatchRounds: number
  /** Of every workload, if given; otherwise each has its own number: see `roundsOf`. */
  rounds: number | undefined
  /** No new round of a workload starts when its share of this is used up. */
  budgetMs: number | undefined
  marginPercent: number
  /** Of every random order; the chain has a seed of its own among the scenario's settings. */
  seed: number
  pinning: Pinning | null
}

export const planDefaults = {
  marginPercent: 1,
} satisfies Partial<Plan>

/** One process of each round. */
export interface SubjectSpec {
  /** Unique within a round; the driver knows the subject by it. */
  name: string
  backend: string
  arm: Arm
}

/** Of a workload that does not say how many rounds it should have. */
const USUAL_ROUNDS = 8

export function roundsOf({ rounds }: Pick<Plan, 'rounds'>, workload: Workload): number {
  return rounds ?? workload.rounds ?? USUAL_ROUNDS
}

/**
 * The reference twice, as A and A′, which nothing but their names tells apart; then the others; and
 * the floor, if asked for.
 */
export function subjectsOfRound(names: readonly string[], workload: Workload): SubjectSpec[] {
  const able = participants(names, workload)
  const [reference, ...others] = able.filter(name => name !== FLOOR)
  return [
    { name: `${reference} A`, backend: reference, arm: 'A' },
    { name: `${reference} A'`, backend: reference, arm: "A'" },
    ...others.map(backend => ({ name: backend, backend, arm: 'B' as const })),
    ...(able.includes(FLOOR) ? [{ name: FLOOR, backend: FLOOR, arm: 'floor' as const }] : []),
  ]
}
