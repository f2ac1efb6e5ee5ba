import { markdownTable } from 'markdown-table'
import { formatShare } from '../profile/share.ts'
import type { Inspection, Nearest, Way } from './inspect.ts'
import type { Question } from './reachable.ts'
import { nameOf } from './stack.ts'

/** Backends side by side, in Markdown. */
export function inspectabilityTable(inspections: readonly Inspection[]): string {
  const row = (label: string, cell: (of: Inspection) => string) => [label, ...inspections.map(cell)]
  return markdownTable(
    [
      ['', ...inspections.map(({ backend }) => backend)],
      ...rowsOf('recv → protocol', ({ receiving }) => receiving, row),
      ...rowsOf('pushMessage → send', ({ sending }) => sending, row),
      row('sampled frames with a name, in a file of the project', one => shareOfNames(one, 'ours')),
      row('… in a file of Node’s', one => shareOfNames(one, 'node')),
      row('without', mostUnnamed),
    ],
    { alignDelimiters: false, padding: true },
  )
}

type Row = (label: string, cell: (of: Inspection) => string) => string[]

const asked: [Question, string][] = [
  ['peer', 'the peer’s state'],
  ['id', 'its id'],
  ['address', 'its address'],
  ['fd', 'the descriptor'],
  ['queued', 'bytes queued'],
  ['type', 'message type'],
]

function rowsOf(label: string, wayOf: (of: Inspection) => Way, row: Row): string[][] {
  return [
    row(`**${label}**: functions between`, one => String(wayOf(one).between.length)),
    row('their names', one => wayOf(one).between.map(nameOf).join(', ') || '–'),
    row('kinds of `this` on the way', one => String(classesOn(wayOf(one)))),
    ...asked.map(([question, words]) =>
      row(`stopped there: ${words}`, one => reachText(wayOf(one).nearest, question)),
    ),
  ]
}

function classesOn({ between }: Way): number {
  return new Set(between.flatMap(({ className }) => className ?? [])).size
}

/** '`node.id`, 1 up', '**1 look-up**: `this.nodes[…]`, 1 up' */
function reachText(nearest: Nearest, question: Question): string {
  const reach = nearest[question]
  if (reach === undefined) return 'not there'
  const { lookUps, path, frame } = reach
  const where = `\`${path}\`, ${frame === 0 ? 'in the frame' : `${frame} up`}`
  return lookUps === 0 ? where : `**${lookUps} look-up**: ${where}`
}

function shareOfNames({ names }: Inspection, kind: 'ours' | 'node'): string {
  const part = names.reduce((sum, { sampled }) => sum + sampled[kind], 0)
  return formatShare(part, framesOf(names))
}

function framesOf(names: Inspection['names']): number {
  return names.reduce((sum, { sampled }) => sum + sampled.frames, 0)
}

/** What they are, where there are many. */
function mostUnnamed({ names }: Inspection): string {
  const frames = framesOf(names)
  const counts = new Map<string, number>()
  for (const { sampled } of names) {
    for (const [what, count] of sampled.unnamed) counts.set(what, (counts.get(what) ?? 0) + count)
  }
  const most = [...counts].filter(([, count]) => count > frames / 200)
  most.sort(([, one], [, other]) => other - one)
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const words = most.map(([what, count]) => `${what} ${formatShare(count, frames)}`).join(', ')
  return words === '' ? formatShare(all, frames) : `${formatShare(all, frames)}: ${words}`
}
