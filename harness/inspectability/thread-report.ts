import type { Seams } from './places.ts'
import type { SampledNames } from './sampled-names.ts'
import type { SeenFrame } from './seen-frames.ts'

/** What a probe has seen of its thread. */
export interface ThreadReport {
  /** Its name: `b-net`. */
  thread: string
  stacks: Partial<Record<keyof Seams, SeenFrame[]>>
  names: SampledNames | null
}
