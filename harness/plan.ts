import type { LoopSharing } from '../implementations/node/service-options.ts'
import type { Workload } from '../scenarios/scenario.ts'
import { FLOOR, participants } from './participants.ts'
import type { Pinning } from './pinning.ts'
import { programName } from './program.ts'
import type { Arm, ProcessSample } from './record.ts'

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
  loops: LoopSharing
  arm: Arm
}

/** Of a workload that does not say how many rounds it should have. */
const USUAL_ROUNDS = 8

export function roundsOf({ rounds }: Pick<Plan, 'rounds'>, workload: Workload): number {
  return rounds ?? workload.rounds ?? USUAL_ROUNDS
}

/** Every SO_SNDBUF and SO_RCVBUF that a workload asks for, in bytes, smallest first. */
export function socketBufferSizes({ workloads }: Pick<Plan, 'workloads'>): number[] {
  const services = workloads.flatMap(workload => workload.services)
  const sizes = new Set(services.map(({ socketBufferBytes }) => socketBufferBytes))
  return [...sizes].sort((one, other) => one - other)
}

/**
 * The reference twice, as A and A′, which nothing but their names tells apart; then the others; then
 * all of them with the other ways to share socket threads; and the floor, if asked for.
 */
export function subjectsOfRound(names: readonly string[], workload: Workload): SubjectSpec[] {
  const able = participants(names, workload)
  const [reference, ...others] = able.filter(name => name !== FLOOR)
  const [loops, ...otherLoops] = workload.loops
  const compared = [
    ...others.map(backend => ({ backend, loops })),
    ...otherLoops.flatMap(other =>
      [reference, ...others].map(backend => ({ backend, loops: other })),
    ),
  ]
  return [
    { name: `${reference} A`, backend: reference, loops, arm: 'A' },
    { name: `${reference} A'`, backend: reference, loops, arm: "A'" },
    ...compared.map(one => ({ ...one, name: programName(one), arm: 'B' as const })),
    ...(able.includes(FLOOR)
      ? [{ name: FLOOR, backend: FLOOR, loops, arm: 'floor' as const }]
      : []),
  ]
}

/** Whose sample it is, for the record: how it shares socket threads only where that differs. */
export function identityOf(
  { backend, loops, arm }: SubjectSpec,
  workload: Workload,
): Pick<ProcessSample, 'backend' | 'loops' | 'arm'> {
  return { backend, loops: workload.loops.length > 1 ? loops : null, arm }
}
