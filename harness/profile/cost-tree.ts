import { type Frame, frameKey } from './frame.ts'

/** Figures by program and round: `costs[program][round]`, CPU ns per unit of work. */
export type Costs = number[][]

/** Stacks of any number of programs and rounds in one tree: calls below their callers. */
export class CostNode {
  readonly frame: Frame
  /** Of the function itself, at this place. */
  readonly self: Costs
  readonly #children = new Map<string, CostNode>()

  constructor(frame: Frame, programs: number, rounds: number) {
    this.frame = frame
    this.self = Array.from({ length: programs }, () => zeros(rounds))
  }

  get children(): CostNode[] {
    return [...this.#children.values()]
  }

  /** Puts in what one stack costs, on top of what it has cost so far. */
  add(frames: readonly Frame[], program: number, round: number, cost: number): void {
    const node = frames.reduce<CostNode>((at, frame) => at.#child(frame), this)
    node.self[program][round] += cost
  }

  #child(frame: Frame): CostNode {
    const key = frameKey(frame)
    const known = this.#children.get(key)
    if (known !== undefined) return known
    const child = new CostNode(frame, this.self.length, this.self[0]?.length ?? 0)
    this.#children.set(key, child)
    return child
  }
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0)
}

export function rootOf(programs: number, rounds: number): CostNode {
  return new CostNode({ name: 'all', file: '', line: 0, kind: 'other' }, programs, rounds)
}

/** Of each node, with everything that it calls; each is summed once. */
export function totalsOf(root: CostNode): Map<CostNode, Costs> {
  const callersFirst: CostNode[] = []
  const left = [root]
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    callersFirst.push(node)
    left.push(...node.children)
  }
  const totals = new Map<CostNode, Costs>()
  for (const node of callersFirst.reverse()) {
    const below = node.children.map(child => totals.get(child) ?? child.self)
    totals.set(node, below.reduce(added, node.self))
  }
  return totals
}

export function added(one: Costs, other: Costs): Costs {
  return one.map((row, program) => row.map((cost, round) => cost + other[program][round]))
}

export function meanOf(costs: readonly number[]): number {
  return costs.reduce((sum, cost) => sum + cost, 0) / costs.length
}
