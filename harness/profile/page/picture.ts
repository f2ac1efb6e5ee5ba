import { type CostNode, type Costs, meanOf, totalsOf } from '../cost-tree.ts'
import { differenceOf } from '../differences.ts'
import { type Frame, frameKey } from '../frame.ts'
import { functionsOf } from '../functions.ts'
import type { ThreadTree } from '../thread-trees.ts'
import { doingOf } from '../what-it-does.ts'

/** What the page draws of one thread, as small as it gets. */
export interface Picture {
  thread: string
  root: PictureNode
  /** Functions that cost less than this share of the thread, wherever, are not drawn. */
  leastShare: number
}

interface PictureNode {
  /** Into the page's table of functions. */
  f: number
  /** By program: CPU ns per unit of work, with everything that it calls. */
  v: number[]
  /**
   * With two programs: by how much the second is above the first, and the interval of that; of this
   * place, or of the function wherever it is called from.
   */
  d?: [estimate: number, low: number | null, high: number | null]
  /** The program in which alone the function was sampled, and surely costs something. */
  o?: 0 | 1
  /** Callees. */
  c?: PictureNode[]
}

/** Frames by number: a deep stack repeats names often. */
export class FrameTable {
  readonly frames: Frame[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(frame: Frame): number {
    const key = frameKey(frame)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.frames.length)
    return this.frames.push(frame) - 1
  }
}

/** A page holds a few threads, and is to stay below 5 MB with its 300 kB of scripts. */
const MOST_NODES = 6_000
const USUAL_LEAST_SHARE = 0.0005

/** How nodes of two programs are compared. */
export type Matching =
  /** Along the path from the thread's beginning: of two revisions, which have the same paths. */
  | 'by path'
  /** Wherever it is called from: of two backends, whose callers have other names. */
  | 'by function'

/** With what costs least left out, and more of that where there are too many nodes. */
export function pictureOf(
  { thread, root }: ThreadTree,
  table: FrameTable,
  matching: Matching,
): Picture {
  const functions = new Map(functionsOf(root).map(one => [frameKey(one.frame), one.total]))
  const totals = totalsOf(root)
  const whole = largest(totals.get(root) ?? root.self)
  let leastShare = USUAL_LEAST_SHARE
  const isDrawn = (node: CostNode) =>
    largest(totals.get(node) ?? node.self) >= leastShare * whole && whole > 0
  while (countDrawn(root, isDrawn) > MOST_NODES) leastShare *= 2
  const pictured = (node: CostNode): PictureNode => {
    const here = totals.get(node) ?? node.self
    const everywhere = functions.get(frameKey(node.frame)) ?? here
    return {
      f: table.numberOf(node.frame),
      v: here.map(row => rounded(meanOf(row))),
      ...(isDivided(node)
        ? {}
        : comparedCosts(matching === 'by path' ? here : everywhere, everywhere)),
    }
  }
  return { thread, root: drawn(root, pictured, isDrawn), leastShare }
}

/** What the kernel used is known of all calls together: of one call it is a sketch. */
function isDivided({ frame }: CostNode): boolean {
  return doingOf(frame) !== 'computes'
}

function comparedCosts(
  [first, second]: Costs,
  [everyFirst, everySecond]: Costs,
): Pick<PictureNode, 'd' | 'o'> {
  if (second === undefined) return {}
  const { estimate, interval } = differenceOf(second.map((cost, i) => cost - first[i]))
  const low = interval && rounded(interval.low)
  const high = interval && rounded(interval.high)
  const [inFirst, inSecond] = [everyFirst, everySecond].map(row => row.some(cost => cost > 0))
  const isSure = interval !== null && (interval.low > 0 || interval.high < 0)
  const isAlone = isSure && !(inFirst && inSecond)
  const only = isAlone ? { o: inFirst ? (0 as const) : (1 as const) } : {}
  return { d: [rounded(estimate), low, high], ...only }
}

function drawn(
  root: CostNode,
  pictured: (node: CostNode) => PictureNode,
  isDrawn: (node: CostNode) => boolean,
): PictureNode {
  // Not by recursion: a stack may be as deep as V8 allows.
  const top = pictured(root)
  const left: [CostNode, PictureNode][] = [[root, top]]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [node, picture] = next
    const children = node.children.filter(isDrawn)
    if (children.length === 0) continue
    picture.c = children.map(child => {
      const below = pictured(child)
      left.push([child, below])
      return below
    })
  }
  return top
}

function countDrawn(root: CostNode, isDrawn: (node: CostNode) => boolean): number {
  let count = 0
  const left = [root]
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    count++
    left.push(...node.children.filter(isDrawn))
  }
  return count
}

function largest(costs: Costs): number {
  return Math.max(...costs.map(meanOf))
}

/** To three digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(3))
}
