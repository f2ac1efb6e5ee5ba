import { type CostNode, meanOf } from './cost-tree.ts'
import type { Frame } from './frame.ts'

/**
 * The stacks of one program as flamegraph.pl and speedscope read them: `outer;inner 123`, a line each,
 * with CPU ns per unit of work, means over the rounds. Stacks of less than half a ns are left out.
 */
export function foldedStacks(root: CostNode, program: number): string {
  const lines: string[] = []
  const walk = (node: CostNode, path: readonly string[]) => {
    const cost = Math.round(meanOf(node.self[program]))
    if (cost > 0 && path.length > 0) lines.push(`${path.join(';')} ${cost}`)
    for (const child of node.children) walk(child, [...path, foldedName(child.frame)])
  }
  walk(root, [])
  return lines.map(line => `${line}\n`).join('')
}

/** The format has no way to write a semicolon or a line break inside of a name. */
function foldedName({ name, file }: Frame): string {
  const text = file === '' ? name : `${name} (${file})`
  return text.replaceAll(/[;\r\n]/g, ':')
}

/** What `foldedStacks` wrote, each stack with its figure. @throws RangeError for a line that is none */
export function parseFolded(text: string): { names: string[]; cost: number }[] {
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const [, stack, cost] = /^(.+) (\d+)$/.exec(line) ?? []
      if (stack === undefined) throw new RangeError(`no folded stack: ${line}`)
      return { names: stack.split(';'), cost: Number(cost) }
    })
}
