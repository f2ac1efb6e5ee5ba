import { programName, runs } from '../program.ts'
import type { ScenarioResult, WaitVerdict } from '../record.ts'
import { countCells, countLabel, countsOf } from './count-table.ts'
import { cpuCell, latencyCell, restCells, restHead, waitedCell } from './latency-table.ts'
import { duration } from './quantities.ts'
import { costSentences, latencySentences } from './sentences.ts'
import { estimateIn, type SubjectRow, subjectsIn } from './subject-rows.ts'
import { absent, figureTable, type Table } from './table.ts'

/** Workloads that differ in their send mode alone. */
export type PushGroup = readonly ScenarioResult[]

/** In the order of their first appearance. */
export function pushGroups(results: readonly ScenarioResult[]): PushGroup[] {
  const keys = [...new Set(results.map(keyOf))]
  return keys.map(key => results.filter(result => keyOf(result) === key))
}

function keyOf({ parameters, source }: ScenarioResult): string {
  return JSON.stringify({ ...parameters, mode: undefined, source })
}

/** What the labels of all have in common. */
export function groupTitle(group: PushGroup): string {
  const [first, ...others] = group.map(({ label }) => label.split(', '))
  return first.filter(part => others.every(other => other.includes(part))).join(', ')
}

/** What tells the send modes of a group apart, before a name; nothing where it has only one. */
export function modePrefix(group: PushGroup, { parameters: { mode } }: ScenarioResult): string {
  const modes = new Set(group.map(({ parameters }) => parameters.mode))
  return modes.size > 1 ? `${mode}: ` : ''
}

/** Backend by send mode: how long a message takes, beside what that costs at rest. */
export function pushMatrix(group: PushGroup): Table {
  const rows = rowsOf(group).map(({ result, row }) => {
    const finished = estimateIn(result, row, 'cpu') !== null
    return [
      ...nameCells(result, row),
      latencyCell(result, row, 'latencyP50'),
      latencyCell(result, row, 'latencyP99'),
      longestCell(result, row),
      waitedCell(result, row),
      ...restCells(result, row),
      finished ? cpuCell(result, row) : 'did not finish',
    ]
  })
  const head = ['backend', 'mode', 'p50', 'p99', 'max', 'waited', ...restHead, 'CPU µs/message']
  return figureTable(head, rows)
}

/** Of A and A′ together, as only A has a row. */
function longestCell({ estimates }: ScenarioResult, row: SubjectRow): string {
  const longest = estimates.filter(one => one.metric === 'latencyMax' && runs(one, row))
  return longest.length === 0 ? absent : duration(Math.max(...longest.map(({ value }) => value)))
}

/** Per 1000 messages. Null when nothing was counted. */
export function pushCounts(group: PushGroup): Table | null {
  const rows = rowsOf(group).map(({ result, row }) => ({
    names: nameCells(result, row),
    counts: countsOf(result.processes, row, result.unit),
  }))
  if (rows.every(({ counts }) => counts.counters.size === 0)) return null
  const counted = [...new Set(rows.flatMap(({ counts }) => [...counts.counters.keys()]))]
  const shown = [...pushCounters, ...counted.filter(name => name.endsWith('Waits45ms'))]
  const head = ['per 1000 messages', 'mode', ...shown.map(countLabel)]
  return figureTable(
    head,
    rows.map(({ names, counts }) => [...names, ...countCells(counts, shown)]),
  )
}

/** What tells who sends; then come the waits for the poll loop, all that were looked for. */
const pushCounters = ['syscall.poll', 'syscall.send', 'lookups', 'partialSends']

export function pushSentences(group: PushGroup): string[] {
  return [detectorSentence(group), ...group.flatMap(comparisonSentences)]
}

/** Of what has an interval; of all the rest, one that says why it has none. */
function comparisonSentences({ parameters: { mode }, comparisons }: ScenarioResult): string[] {
  const decided = { comparisons: comparisons.filter(({ low }) => low !== null) }
  const open = comparisons.find(({ low, kind }) => low === null && kind !== 'aa')
  return [
    ...costSentences(decided),
    ...latencySentences(decided),
    ...(open === undefined ? [] : [`no intervals to compare by (${open.reason})`]),
  ].map(sentence => `${mode}: ${sentence}`)
}

/** Exactly the rows in which messages waited for the poll loop's timeout, and those that cannot be judged. */
function detectorSentence(group: PushGroup): string {
  const rows = rowsOf(group).filter(({ result, row }) => estimateIn(result, row, 'cpu') !== null)
  const verdictOn = (result: ScenarioResult, row: SubjectRow) =>
    result.waits.find(one => runs(one, row))?.verdict.state ?? 'too-few'
  const named = (state: WaitVerdict['state']) =>
    rows
      .filter(({ result, row }) => verdictOn(result, row) === state)
      .map(({ result, row }) => nameCells(result, row).join(' '))
  const [waits, unknown] = [named('waits'), named('too-few')]
  const found = `the 50 ms detector names: ${waits.length === 0 ? 'none' : waits.join(', ')}`
  return unknown.length === 0
    ? found
    : `${found}; too few valid samples to tell: ${unknown.join(', ')}`
}

/** A′ is left out: its samples count in what is compared, in the maximum, and where waits are looked for. */
function rowsOf(group: PushGroup): { result: ScenarioResult; row: SubjectRow }[] {
  const rows = group.flatMap(result =>
    subjectsIn(result.processes)
      .filter(({ arm }) => arm !== "A'")
      .map(row => ({ result, row })),
  )
  const backends = [...new Set(rows.map(({ row }) => row.backend))]
  return backends.flatMap(backend => rows.filter(({ row }) => row.backend === backend))
}

function nameCells({ parameters: { mode } }: ScenarioResult, row: SubjectRow): string[] {
  return [programName(row), String(mode)]
}
