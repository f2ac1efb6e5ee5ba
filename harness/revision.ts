import type { RevisionSource } from './record.ts'

/** What is started for a subject, and how long that may take. */
export interface SubjectProcess {
  /** A compiled module that speaks `subject-protocol.ts`. */
  module: URL
  startTimeoutMs: number
}

export const subjectProcess = {
  module: new URL('./subject-process.js', import.meta.url),
  startTimeoutMs: 20_000,
} satisfies SubjectProcess

/** Where subjects of a round come from. The first of a plan is what A and A′ run. */
export interface Revision {
  /** Null for the only one of a plan: this sockbench. */
  name: string | null
  process: SubjectProcess
  /** Turns of an empty loop after each recv that brings something: a slowdown of known size. */
  spinsPerRecv: number
  /** For the record; null for this sockbench. */
  source: RevisionSource | null
}

export const thisRevision: Revision = {
  name: null,
  process: subjectProcess,
  spinsPerRecv: 0,
  source: null,
}
