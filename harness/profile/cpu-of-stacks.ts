import type { Frame } from './frame.ts'
import { type Doing, doingOf } from './what-it-does.ts'

/** CPU time of one stack, of its innermost function alone. */
interface CpuStack {
  frames: Frame[]
  cpuNs: number
}

export interface ThreadCpu {
  stacks: CpuStack[]
  samples: Record<Doing, number>
  /** What the samples of functions that compute come to. */
  computingNs: number
  /** What the thread used, as /proc says. */
  cpuNs: number
}

/**
 * From samples, which are taken by the clock on the wall, to CPU time that adds up to what /proc says
 * (schedstat). A sample of a function that computes is worth one period. The rest of what the thread
 * used was used in the kernel: a sample of a call that does not sleep is worth a period, too, or less
 * where that would be more than there is; and what is then left was used by the calls that sleep, on
 * the way to sleep and back, and is shared out among their samples.
 * @param periodNs between two samples
 */
export function cpuOfStacks(
  sampled: readonly { frames: Frame[]; samples: number }[],
  periodNs: number,
  cpuNs: number,
): ThreadCpu {
  const stacks = sampled.flatMap(({ frames, samples }) => {
    const innermost = frames.at(-1)
    return innermost === undefined ? [] : [{ frames, samples, doing: doingOf(innermost) }]
  })
  const samples: Record<Doing, number> = { computes: 0, 'calls the kernel': 0, sleeps: 0 }
  for (const one of stacks) samples[one.doing] += one.samples
  const computingNs = samples.computes * periodNs
  const worth = worthOf(samples, periodNs, cpuNs)
  return {
    stacks: stacks.map(one => ({ frames: one.frames, cpuNs: one.samples * worth[one.doing] })),
    samples,
    computingNs,
    cpuNs,
  }
}

/** Of one sample, in ns of CPU. */
function worthOf(
  samples: Record<Doing, number>,
  periodNs: number,
  cpuNs: number,
): Record<Doing, number> {
  const kernelNs = Math.max(0, cpuNs - samples.computes * periodNs)
  const callingNs = Math.min(samples['calls the kernel'] * periodNs, kernelNs)
  const sleepingNs = kernelNs - callingNs
  const share = (ns: number, of: Doing) => (samples[of] === 0 ? 0 : ns / samples[of])
  // What no sample is there to take goes to those that are, in the order of how much they can say.
  const toSleeps = samples.sleeps > 0 ? sleepingNs : 0
  const toCalls = samples['calls the kernel'] > 0 ? kernelNs - toSleeps : 0
  return {
    sleeps: share(toSleeps, 'sleeps'),
    'calls the kernel': share(toCalls, 'calls the kernel'),
    computes: share(cpuNs - toSleeps - toCalls, 'computes'),
  }
}
