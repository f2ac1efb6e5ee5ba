import type { LoopSharing } from '../implementations/node/service-options.ts'
import type { Workload } from '../scenarios/scenario.ts'
import type { ResolvedConfiguration } from './configuration/resolved.ts'
import { FLOOR } from './participants.ts'
import type { Pinning } from './pinning.ts'
import { programName } from './program.ts'
import type { Arm, ProcessSample, Schedule } from './record.ts'
import type { Revision } from './revision.ts'

/** What a run measures, resolved: nothing is decided later than here. */
export interface Plan {
  measurements: readonly Measurement[]
  /** Asked for, but none of the backends can take part in it. */
  leftOut: readonly Workload[]
  /** Those that were asked for. */
  backends: readonly string[]
  /** One or more; with more than one, every backend is compared with itself. */
  revisions: readonly Revision[]
  /** Which share of a larger plan this is, as in '2/4'. */
  shard?: string | undefined
  /** Rounds of `dispatch`, which has no workloads; 0 without it. */
  dispatchRounds: number
  /** No new round of a workload starts when its share of this is used up. */
  budgetMs: number | undefined
  marginPercent: number
  /** Of every random order; the chain has a seed of its own among the scenario's settings. */
  seed: number
  pinning: Pinning | null
  /** What is on in every run, and switched off only to find out what it buys. */
  controls?: { interleaved: boolean }
  /** What is wrong with all of it from the beginning. */
  warnings?: readonly string[]
  /** Every option of the command, and who set it. */
  options?: ResolvedConfiguration
}

/** One workload and the backends that share its rounds. */
export interface Measurement {
  workload: Workload
  /** For people: the workload's, unless a plan measures it more than once. */
  label: string
  /** All of them can take part; the first is the reference. */
  backends: readonly string[]
  schedule: Schedule
}

export const planDefaults = {
  marginPercent: 1,
  boundary: 'obrien-fleming',
} satisfies Partial<Plan & Schedule>

/** One process of each round. */
export interface SubjectSpec {
  /** Unique within a round; the driver knows the subject by it. */
  name: string
  backend: string
  loops: LoopSharing
  revision: Revision
  arm: Arm
}

/** Of a workload that does not say how many rounds it should have. */
const USUAL_ROUNDS = 8

/** The most rounds of a run that ends when it has its verdicts, and where it may. */
const LOOKS = [8, 16, 24, 32]

/** Until each comparison has its verdict. */
export function sequentialRounds(boundary: Schedule['boundary']): Schedule {
  return { looks: [...LOOKS], boundary }
}

/** A number of rounds, whatever they show. */
export function fixedRounds(rounds: number | undefined, workload: Workload): Schedule {
  const { boundary } = planDefaults
  return { looks: [rounds ?? workload.rounds ?? USUAL_ROUNDS], boundary }
}

/** The most that there may be. */
export function mostRounds({ looks }: Schedule): number {
  return looks[looks.length - 1]
}

/**
 * Every SO_SNDBUF and SO_RCVBUF that a workload asks for, in bytes, smallest first; not those that it
 * leaves to the kernel.
 */
export function socketBufferSizes({ measurements }: Pick<Plan, 'measurements'>): number[] {
  const services = measurements.flatMap(({ workload }) => workload.services)
  const sizes = new Set(services.map(({ socketBufferBytes }) => socketBufferBytes))
  return [...sizes].filter(size => size > 0).sort((one, other) => one - other)
}

/**
 * The reference twice, as A and A′, which nothing but their names tells apart; then the others; then
 * all of them with the other ways to share socket threads; then all that in the other revisions; and
 * the floor, if asked for.
 */
export function subjectsOfRound(
  { workload, backends }: Measurement,
  [revision, ...otherRevisions]: readonly Revision[],
): SubjectSpec[] {
  const able = backends.filter(name => name !== FLOOR)
  const [loops] = workload.loops
  const [reference, ...others] = workload.loops.flatMap(way =>
    able.map(backend => ({ backend, loops: way, revision })),
  )
  const programs = [reference, ...others]
  const revised = otherRevisions.flatMap(other =>
    programs.map(program => ({ ...program, revision: other })),
  )
  const { backend } = reference
  return [
    { ...reference, name: `${backend} A`, arm: 'A' },
    { ...reference, name: `${backend} A'`, arm: "A'" },
    ...[...others, ...revised].map(one => {
      const name = programName({ ...one, revision: one.revision.name })
      return { ...one, name, arm: 'B' as const }
    }),
    ...(backends.includes(FLOOR)
      ? [{ name: FLOOR, backend: FLOOR, loops, revision, arm: 'floor' as const }]
      : []),
  ]
}

/** Whose sample it is, for the record: how it shares socket threads only where that differs. */
export function identityOf(
  { backend, loops, revision, arm }: SubjectSpec,
  workload: Workload,
): Pick<ProcessSample, 'backend' | 'loops' | 'revision' | 'arm'> {
  return { backend, loops: workload.loops.length > 1 ? loops : null, revision: revision.name, arm }
}
