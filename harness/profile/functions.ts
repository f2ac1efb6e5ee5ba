import { added, type CostNode, type Costs, totalsOf } from './cost-tree.ts'
import { type Frame, frameKey } from './frame.ts'
import { doingOf } from './what-it-does.ts'

/** A function wherever it is called from. */
export interface FunctionCost {
  frame: Frame
  /** Of the function itself. */
  self: Costs
  /** With everything that it calls; a recursion counts once. */
  total: Costs
}

/**
 * All that a thread used in the kernel: what /proc says beyond the samples of what computes. How it is
 * divided among the calls is not known that well.
 */
const IN_THE_KERNEL: Frame = {
  name: 'in the kernel (poll, recv, send, futex), all calls together',
  file: '',
  line: 0,
  kind: 'kernel',
}

export function kernelCost(functions: readonly FunctionCost[]): FunctionCost | null {
  const calls = functions.filter(({ frame }) => doingOf(frame) !== 'computes')
  if (calls.length === 0) return null
  const self = calls.map(one => one.self).reduce(added)
  return { frame: IN_THE_KERNEL, self, total: self }
}

export function functionsOf(root: CostNode): FunctionCost[] {
  const totals = totalsOf(root)
  const byKey = new Map<string, FunctionCost>()
  const around = new Set<string>()
  const walk = (node: CostNode) => {
    const key = frameKey(node.frame)
    const sum = byKey.get(key) ?? { frame: node.frame, self: zeros(root), total: zeros(root) }
    const isOutermost = !around.has(key)
    const total = totals.get(node) ?? node.self
    byKey.set(key, {
      frame: sum.frame,
      self: added(sum.self, node.self),
      total: isOutermost ? added(sum.total, total) : sum.total,
    })
    around.add(key)
    for (const child of node.children) walk(child)
    if (isOutermost) around.delete(key)
  }
  for (const child of root.children) walk(child)
  return [...byKey.values()]
}

function zeros({ self }: CostNode): Costs {
  return self.map(row => row.map(() => 0))
}
