import type { Profiler } from 'node:inspector'
import { shortened } from './stack.ts'

/**
 * The frames on the sampled stacks, each counted as often as it was sampled. A name is one that can be
 * looked up: the function has it, and the frame says in which file it is.
 */
export interface SampledNames {
  /** All of them. */
  frames: number
  /** With a name, in a file of the project. */
  ours: number
  /** With a name, in a file of Node's. */
  node: number
  /** What the others are, most frequent first, with how often. */
  unnamed: [string, number][]
}

/** V8's own entries: no frames of any code. */
const noFrames: readonly string[] = ['(root)', '(program)', '(idle)', '(garbage collector)']

/** What looks on is not looked at. */
const probe = '/harness/inspectability/'

export function sampledNames({ nodes, samples = [] }: Profiler.Profile): SampledNames {
  const byId = new Map(nodes.map(node => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map(one => [one, id])))
  const unnamed = new Map<string, number>()
  let frames = 0
  let ours = 0
  let node = 0
  for (const sample of samples) {
    const stack: CallFrame[] = []
    for (let id: number | undefined = sample; id !== undefined; id = parents.get(id)) {
      const frame = byId.get(id)?.callFrame
      if (frame !== undefined && !noFrames.includes(frame.functionName)) stack.push(frame)
    }
    if (stack.some(({ url }) => url.includes(probe))) continue
    for (const frame of stack) {
      frames++
      if (frame.functionName !== '' && isOurs(frame)) ours++
      else if (frame.functionName !== '' && frame.url.startsWith('node:')) node++
      else unnamed.set(described(frame), (unnamed.get(described(frame)) ?? 0) + 1)
    }
  }
  return { frames, ours, node, unnamed: [...unnamed].sort(([, one], [, other]) => other - one) }
}

type CallFrame = Profiler.ProfileNode['callFrame']

function isOurs({ url }: CallFrame): boolean {
  return shortened(url) !== url
}

function described({ functionName, url }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? `${name} (no file)` : `${name} (${shortened(url)})`
}
