import { readFileSync } from 'node:fs'
import type { WorkUnit } from '../record.ts'
import { roleOf } from '../thread-roles.ts'
import { type CostNode, rootOf } from './cost-tree.ts'
import { cpuOfStacks, type ThreadCpu } from './cpu-of-stacks.ts'
import { parseCpuProfile, sampledIn } from './cpu-profile.ts'
import type { Frame } from './frame.ts'
import { cpuNsOf } from './overhead.ts'
import { SourceNames } from './source-names.ts'
import type { Turn } from './turns.ts'
import type { Doing } from './what-it-does.ts'
import { unitsOf } from './work-units.ts'

/** Everything that was sampled of the threads of one name, of all programs and rounds. */
export interface ThreadTree {
  /** As in `b-net`; numbered ones together, without their number. */
  thread: string
  /** Sampled by perf instead of V8. */
  isNative: boolean
  root: CostNode
  /** By program. */
  sampling: Sampling[]
}

/** How much there is behind the figures, over all rounds. */
export interface Sampling {
  samples: Record<Doing, number>
  /** CPU that samples of functions that compute account for, and all of it as /proc says. */
  computingSeconds: number
  cpuSeconds: number
}

/** From raw profiles to trees of CPU ns per unit of work. */
export function threadTrees(
  turns: readonly Turn[],
  programs: number,
  rounds: number,
  unit: WorkUnit,
): ThreadTree[] {
  const names = new SourceNames()
  const trees = new Map<string, ThreadTree>()
  for (const turn of turns) {
    const units = unitsOf(turn.slices, unit)
    for (const [thread, profiles] of profilesByThread(turn)) {
      const tree = trees.get(thread) ?? emptyTree(thread, programs, rounds)
      trees.set(thread, tree)
      const found = threadCpu(profiles, turn, thread, names)
      for (const { frames, cpuNs } of found.stacks) {
        tree.root.add(frames, turn.program, turn.round, cpuNs / units)
      }
      count(tree.sampling[turn.program], found)
    }
  }
  return [...trees.values()].sort((one, other) => rank(one) - rank(other))
}

/** The socket thread first. */
export function rank({ thread }: Pick<ThreadTree, 'thread'>): number {
  return ['socket', 'handlers', 'other'].indexOf(roleOf(thread))
}

function profilesByThread({ profiles }: Turn): Map<string, string[]> {
  const byThread = new Map<string, string[]>()
  for (const { thread, path } of profiles ?? []) {
    const name = thread.replace(/\.\d+$/, '')
    byThread.set(name, [...(byThread.get(name) ?? []), path])
  }
  return byThread
}

function threadCpu(
  paths: readonly string[],
  turn: Turn,
  thread: string,
  names: SourceNames,
): ThreadCpu {
  const sampled = paths.map(path =>
    sampledIn(parseCpuProfile(readFileSync(path, 'utf8')), turn.windows),
  )
  const stacks: { frames: Frame[]; samples: number }[] = sampled.flatMap(one =>
    one.stacks.map(({ frames, samples }) => ({ frames: names.framesOf(frames), samples })),
  )
  const periodNs = 1000 * Math.max(...sampled.map(({ periodUs }) => periodUs))
  return cpuOfStacks(stacks, periodNs, cpuNsOf(turn, thread))
}

function count(sampling: Sampling, { samples, computingNs, cpuNs }: ThreadCpu): void {
  for (const doing of ['computes', 'calls the kernel', 'sleeps'] as const) {
    sampling.samples[doing] += samples[doing]
  }
  sampling.computingSeconds += computingNs / 1e9
  sampling.cpuSeconds += cpuNs / 1e9
}

function emptyTree(thread: string, programs: number, rounds: number): ThreadTree {
  const sampling = Array.from({ length: programs }, () => ({
    samples: { computes: 0, 'calls the kernel': 0, sleeps: 0 },
    computingSeconds: 0,
    cpuSeconds: 0,
  }))
  return { thread, isNative: false, root: rootOf(programs, rounds), sampling }
}
