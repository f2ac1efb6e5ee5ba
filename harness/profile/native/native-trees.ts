import type { WorkUnit } from '../../record.ts'
import { rootOf } from '../cost-tree.ts'
import { cpuNsOf } from '../overhead.ts'
import { SourceNames } from '../source-names.ts'
import { rank, type ThreadTree } from '../thread-trees.ts'
import type { NativeTurn } from '../turns.ts'
import { unitsOf } from '../work-units.ts'
import { nativeStacks } from './perf-stacks.ts'

/**
 * The threads as perf saw them, kernel and all. perf samples by the CPU's clock: each sample of a thread
 * is worth the same part of what /proc says that it used.
 */
export function nativeTrees(
  turns: readonly NativeTurn[],
  programs: number,
  rounds: number,
  unit: WorkUnit,
): ThreadTree[] {
  const names = new SourceNames()
  const trees = new Map<string, ThreadTree>()
  for (const turn of turns) {
    const units = unitsOf(turn.slices, unit)
    const stacks = nativeStacks(turn.perfScript, names)
    const nameOf = (thread: string) => thread.replace(/\.\d+$/, '')
    for (const thread of profiledThreads(turn)) {
      const own = stacks.filter(stack => nameOf(stack.thread) === thread)
      if (own.length === 0) continue
      const cpuNs = cpuNsOf(turn, thread)
      const tree = trees.get(thread) ?? emptyTree(thread, programs, rounds)
      trees.set(thread, tree)
      for (const { frames } of own) {
        tree.root.add(frames, turn.program, turn.round, cpuNs / own.length / units)
      }
      const sampling = tree.sampling[turn.program]
      sampling.samples.computes += own.length
      sampling.cpuSeconds += cpuNs / 1e9
      sampling.computingSeconds += cpuNs / 1e9
    }
  }
  return [...trees]
    .sort(([one], [other]) => rank({ thread: one }) - rank({ thread: other }))
    .map(([, tree]) => tree)
}

function profiledThreads({ slices }: NativeTurn): string[] {
  const names = slices.flatMap(({ threads }) => Object.keys(threads))
  return [...new Set(names)].filter(name => name !== 'other')
}

function emptyTree(thread: string, programs: number, rounds: number): ThreadTree {
  const sampling = Array.from({ length: programs }, () => ({
    samples: { computes: 0, 'calls the kernel': 0, sleeps: 0 },
    computingSeconds: 0,
    cpuSeconds: 0,
  }))
  return { thread: `${thread} (perf)`, isNative: true, root: rootOf(programs, rounds), sampling }
}
