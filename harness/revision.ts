import type { Launch } from './child-process.ts'
import type { RevisionSource } from './record.ts'

/** What is started for a subject and speaks `subject-protocol.ts`, and how long that may take. */
export type SubjectProcess = Launch & { startTimeoutMs: number }

export const START_TIMEOUT_MS = 20_000

export const subjectProcess = {
  module: new URL('./subject-process.js', import.meta.url),
  startTimeoutMs: START_TIMEOUT_MS,
} satisfies SubjectProcess

/** Where subjects of a round come from. The first of a plan is what A and A′ run. */
export interface Revision {
  /** Null for the only one of a plan: this sockbench. */
  name: string | null
  process: SubjectProcess
  /** As in `SubjectRequest`. In a calibration every revision has a number, be it 0. */
  spinsPerRecv: number | null
  /** For the record; null for this sockbench. */
  source: RevisionSource | null
}

export const thisRevision: Revision = {
  name: null,
  process: subjectProcess,
  spinsPerRecv: null,
  source: null,
}
