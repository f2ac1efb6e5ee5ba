import type { ProcessSample } from './record.ts'

/** What a subject runs. A and A′ run the same; so does nobody else in a round. */
export type Program = Pick<ProcessSample, 'backend' | 'loops'>

/** Each once, in the order of their first appearance. */
export function programsOf(subjects: readonly Program[]): Program[] {
  const byName = new Map(subjects.map(one => [programName(one), one]))
  return [...byName.values()].map(({ backend, loops }) => ({ backend, loops }))
}

export function runs(one: Program, other: Program): boolean {
  return one.backend === other.backend && one.loops === other.loops
}

/** One loop is what every other workload has, and so goes without saying. */
export function programName({ backend, loops }: Program): string {
  return loops === 'each' ? `${backend}, a loop each` : backend
}
