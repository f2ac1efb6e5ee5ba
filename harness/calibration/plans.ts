import { ibd } from '../../scenarios/ibd/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import type { toolIdentity } from '../environment.ts'
import type { Pinning } from '../pinning.ts'
import { fixedRounds, type Plan, planDefaults } from '../plan.ts'
import { type Revision, thisRevision } from '../revision.ts'
import type { CalibrationSettings, RunShape } from './settings.ts'
import type { Condition } from './stored.ts'

type Tool = ReturnType<typeof toolIdentity>

/** One arm of a run: its name, and what is planted in it. */
export interface Arm {
  name: string
  spinsPerRecv: number
}

/** What all plans of a calibration share. */
export interface PlanContext {
  settings: CalibrationSettings
  pinning: Pinning | null
  tool: Tool
}

/** The reference twice, and arms that nothing but their names and what is planted tells apart. */
export function armsPlan(
  { settings, pinning, tool }: PlanContext,
  { rounds, slices }: RunShape,
  arms: readonly Arm[],
  seed: number,
): Plan {
  const revisions = [{ name: 'base', spinsPerRecv: 0 }, ...arms].map(arm => revisionOf(arm, tool))
  const workload = workloadOf({ slices, sliceBlocks: settings.sliceBlocks })
  return { ...planOf(settings, workload, rounds, seed), revisions, pinning }
}

/** One round of A and A′ in which one of the controls is off. */
export function controlsPlan(
  { settings, pinning }: PlanContext,
  condition: Condition,
  seed: number,
): Plan {
  const { sliceBlocks, experiment } = settings
  const long = condition === 'long slices'
  const workload = workloadOf({
    slices: long ? Math.max(2, Math.round(experiment.slices / LONGER)) : experiment.slices,
    sliceBlocks: long ? sliceBlocks * LONGER : sliceBlocks,
    buffersFixed: condition !== 'buffers left to the kernel',
  })
  return {
    ...planOf(settings, workload, 1, seed),
    revisions: [thisRevision],
    pinning: condition === 'not pinned' ? null : pinning,
    controls: { interleaved: condition !== 'not interleaved' },
  }
}

/** The same work in so many times fewer slices. */
const LONGER = 8

function planOf(
  { backend }: CalibrationSettings,
  workload: Workload,
  rounds: number,
  seed: number,
) {
  const schedule = fixedRounds(rounds, workload)
  return {
    measurements: [{ workload, label: workload.label, backends: [backend], schedule }],
    leftOut: [],
    backends: [backend],
    dispatchRounds: 0,
    budgetMs: undefined,
    marginPercent: planDefaults.marginPercent,
    seed,
  }
}

function workloadOf(options: {
  slices: number
  sliceBlocks: number
  buffersFixed?: boolean
}): Workload {
  const { slices, sliceBlocks, buffersFixed = true } = options
  const settings = { profile: 'large', slices, 'slice-blocks': sliceBlocks }
  const buffers = buffersFixed ? {} : { 'buffer-bytes': 0 }
  const texts = Object.entries({ ...settings, ...buffers }).map(
    ([key, value]) => [key, String(value)] as const,
  )
  return ibd.workloads(new Map(texts))[0]
}

/** In a calibration A and A′ have something planted, too, if only 0 turns: all run the same code. */
function revisionOf({ name, spinsPerRecv }: Arm, { gitSha, dirty }: Tool): Revision {
  const source = { name, ref: null, gitSha, dirty, directory: null, command: null }
  return { ...thisRevision, name, spinsPerRecv, source }
}
