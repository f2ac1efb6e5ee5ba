import { randomInt } from 'node:crypto'
import { dispatch } from '../../scenarios/dispatch/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import { UsageError } from '../errors.ts'
import type { Pinning } from '../pinning.ts'
import { planDefaults } from '../plan.ts'
import type { ProfiledProgram, ProfilePlan } from '../profile/profile-plan.ts'
import { programName } from '../program.ts'
import type { Revision } from '../revision.ts'
import { planOf } from './run-plan.ts'

/** As given on the command line. */
export interface ProfileOptions {
  scenario: string
  backend?: string[] | undefined
  set: string[]
  window: number
  rounds: number
  interval: number
  native: boolean
  seed?: number | undefined
  base?: string | undefined
  head?: string | undefined
  /** Two built checkouts, instead of refs. */
  checkouts: readonly [string, string] | null
}

/** What is left to be said once the revisions are there and a slice's time is known. */
export interface AskedProfile {
  workload: Workload
  /** The same with so many slices to take. */
  withSlices: (slices: number) => Workload
  backends: string[]
  /** Whether the number of slices was given: then it is not for us to choose. */
  slicesGiven: boolean
  seed: number
  notes: string[]
}

/** @throws UsageError for what does not exist, cannot be, or is more than two programs */
export function askedProfile(options: ProfileOptions): AskedProfile {
  if (options.scenario === dispatch.name) {
    throw new UsageError(
      `${dispatch.name} runs inside of this sockbench, without subjects: profile ibd with small blocks, ` +
        'which is little but dispatch',
    )
  }
  if (options.head !== undefined && options.base === undefined && options.checkouts === null) {
    throw new UsageError('--head is compared with --base: name that, too')
  }
  const backends = backendsOf(options)
  const seed = options.seed ?? randomInt(2 ** 32)
  const workloadsWith = (set: readonly string[]): Workload[] => {
    const plan = planOf({
      scenario: [options.scenario],
      backend: backends,
      set: [...set],
      rounds: options.rounds,
      boundary: planDefaults.boundary,
      margin: planDefaults.marginPercent,
      seed,
    })
    return plan.measurements
      .filter(one => backends.every(backend => one.backends.includes(backend)))
      .map(({ workload }) => workload)
  }
  const workloads = workloadsWith(options.set)
  const [workload] = workloads
  if (workload === undefined) {
    throw new UsageError(
      `${backends.join(' and ')} cannot both take part in ${options.scenario} with these settings`,
    )
  }
  if (workloads.length > 1 && options.set.length > 0) {
    const labels = workloads.map(({ label }) => label).join('; ')
    throw new UsageError(`one workload is profiled, and these are ${workloads.length}: ${labels}`)
  }
  return {
    workload,
    withSlices: slices => workloadsWith([...options.set, `slices=${slices}`])[0],
    backends,
    slicesGiven: options.set.some(setting => setting.startsWith('slices=')),
    seed,
    notes: notesOn(workload, workloads.length),
  }
}

function backendsOf({ backend, base, checkouts }: ProfileOptions): string[] {
  if (base !== undefined || checkouts !== null) {
    const [one = 'virtual-sockman', ...others] = backend ?? []
    if (others.length === 0) return [one]
    throw new UsageError('two revisions of one backend are compared: name one with --backend')
  }
  const names = backend ?? ['direct', 'virtual-sockman']
  if (new Set(names).size < names.length) {
    throw new UsageError(`--backend ${names.join(',')}: name each backend once`)
  }
  if (names.length <= 2) return names
  throw new UsageError(`${names.length} backends: profile one, or compare two`)
}

function notesOn({ label, loops }: Workload, workloads: number): string[] {
  return [
    ...(workloads > 1
      ? [`profiling ${label}, the first of ${workloads} workloads; --set chooses another`]
      : []),
    ...(loops.length > 1
      ? [`with loops=${loops[0]}, the first of ${loops.length}; --set loops=… chooses another`]
      : []),
  ]
}

/** Backends, or one backend in two revisions; the first is the baseline. */
export function profiledPrograms(
  { workload, backends }: Pick<AskedProfile, 'workload' | 'backends'>,
  revisions: readonly Revision[],
): ProfiledProgram[] {
  const [loops] = workload.loops
  return revisions.flatMap(revision =>
    backends.map(backend => {
      const name = programName({ backend, loops: null, revision: revision.name })
      return { name, slug: name.replaceAll(/[^a-z0-9]+/gi, '-'), backend, loops, revision }
    }),
  )
}

/**
 * So many slices that they fill the window, even if they take half the time that one was seen to take;
 * a power of two, so that the chain of blocks is found in the cache again.
 */
export function profilePlan(
  asked: AskedProfile,
  programs: ProfiledProgram[],
  { window, rounds, interval, native }: ProfileOptions,
  sliceMs: number,
  pinning: Pinning | null,
): ProfilePlan {
  const enough = 2 ** Math.ceil(Math.log2(Math.max(2, (2 * window) / rounds / sliceMs)))
  const slices = asked.slicesGiven ? asked.workload.slices : Math.min(enough, MOST_SLICES)
  return {
    workload: asked.slicesGiven ? asked.workload : asked.withSlices(slices),
    programs,
    rounds,
    slices,
    turnMs: asked.slicesGiven ? null : window / rounds,
    intervalUs: interval,
    seed: asked.seed,
    pinning,
    native,
  }
}

/** Of large blocks, a chain of 4 GB. */
const MOST_SLICES = 512
