import type { LoopSharing } from '../../implementations/node/service-options.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import type { Pinning } from '../pinning.ts'
import type { Revision } from '../revision.ts'
import { smallestSampleFor } from '../statistics/signed-rank.ts'

/** What a profiling session measures, resolved. */
export interface ProfilePlan {
  workload: Workload
  /** One, or two that are compared: the first is the baseline. */
  programs: readonly ProfiledProgram[]
  rounds: number
  /** Of each process, at most; and for how long at most, null where that is no matter. */
  slices: number
  turnMs: number | null
  /** Between two samples of a thread. */
  intervalUs: number
  seed: number
  pinning: Pinning | null
  /** Whether perf looks at processes of its own, in the rounds that have plain ones. */
  native: boolean
}

export interface ProfiledProgram {
  /** `direct`; with revisions `direct, base`. */
  name: string
  /** Of its files: letters, digits and hyphens. */
  slug: string
  backend: string
  loops: LoopSharing
  revision: Revision
}

export const profileDefaults = {
  windowMs: 10_000,
  /** The fewest with which one function among a hundred can be told from chance: 2^-11 × 100 < 5 %. */
  rounds: 12,
  intervalUs: 1_000,
} as const

/** Of the slices and the time that processes without a profiler get: they give one figure, and no picture. */
export const PLAIN_SHARE = 1 / 2

/**
 * The rounds that have processes without a profiler, too: every second one, which are enough for an
 * interval of what the profiler costs, or all where these would be too few.
 */
export function hasPlainTurns(round: number, rounds: number): boolean {
  return rounds < 2 * FEWEST_ROUNDS || round % 2 === 0
}

const FEWEST_ROUNDS = smallestSampleFor(0.05)
