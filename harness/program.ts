import type { ProcessSample } from './record.ts'

/** What a subject runs. A and A′ run the same; so does nobody else in a round. */
export type Program = Pick<ProcessSample, 'backend' | 'loops' | 'revision'>

/** Each once, in the order of their first appearance. */
export function programsOf(subjects: readonly Program[]): Program[] {
  const byName = new Map(subjects.map(one => [programName(one), one]))
  return [...byName.values()].map(({ backend, loops, revision }) => ({ backend, loops, revision }))
}

export function runs(one: Program, other: Program): boolean {
  return (
    one.backend === other.backend && one.loops === other.loops && one.revision === other.revision
  )
}

/** One loop is what every other workload has, and so goes without saying. */
export function programName({ backend, loops, revision }: Program): string {
  const sharing = loops === 'each' ? ', a loop each' : ''
  return revision === null ? `${backend}${sharing}` : `${backend}${sharing}, ${revision}`
}
