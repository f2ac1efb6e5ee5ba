import { z } from 'zod'
import { median } from '../statistics/median.ts'

const cpuProfile = z.object({
  nodes: z
    .array(
      z.object({
        id: z.int(),
        callFrame: z.object({
          functionName: z.string(),
          url: z.string(),
          /** From 0; -1 where there is none. */
          lineNumber: z.int(),
          columnNumber: z.int(),
        }),
        children: z.array(z.int()).optional(),
      }),
    )
    .min(1),
  /** µs of CLOCK_MONOTONIC. */
  startTime: z.number(),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
})

/** What V8 makes of a thread, and DevTools, speedscope and we read: Profiler.Profile of its protocol. */
export type CpuProfile = z.infer<typeof cpuProfile>
export type CallFrame = CpuProfile['nodes'][number]['callFrame']

/** µs of CLOCK_MONOTONIC. */
export interface Window {
  fromUs: number
  toUs: number
}

/** One stack, outermost function first, and how many samples found the thread there. */
interface SampledStack {
  frames: CallFrame[]
  samples: number
}

export interface SampledThread {
  stacks: SampledStack[]
  /** Between two samples, the usual one: a signal that comes while the thread waits for a CPU is late. */
  periodUs: number
}

/** @throws ZodError for what is no profile */
export function parseCpuProfile(text: string): CpuProfile {
  return cpuProfile.parse(JSON.parse(text))
}

/** What was sampled in the windows, which are ascending; the rest is the profile's own beginning and end. */
export function sampledIn(profile: CpuProfile, windows: readonly Window[]): SampledThread {
  const hits = new Map<number, number>()
  const periods: number[] = []
  let atUs = profile.startTime
  let next = 0
  for (const [i, node] of profile.samples.entries()) {
    atUs += profile.timeDeltas[i] ?? 0
    while (next < windows.length && windows[next].toUs < atUs) next++
    if (next === windows.length) break
    if (atUs < windows[next].fromUs) continue
    hits.set(node, (hits.get(node) ?? 0) + 1)
    periods.push(profile.timeDeltas[i] ?? 0)
  }
  const framesOf = stackReader(profile)
  const stacks = [...hits].map(([node, samples]) => ({ frames: framesOf(node), samples }))
  return { stacks, periodUs: periods.length === 0 ? 0 : median(periods) }
}

/** @returns a function that answers with a node's frames, without V8's '(root)' */
function stackReader({ nodes }: CpuProfile): (id: number) => CallFrame[] {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parents = new Map<number, number>()
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id)
  return id => {
    const frames: CallFrame[] = []
    for (let at = id; parents.has(at); at = parents.get(at) ?? 0) {
      const node = byId.get(at)
      if (node !== undefined) frames.unshift(node.callFrame)
    }
    return frames
  }
}
