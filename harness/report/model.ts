import type { DispatchResult } from '../dispatch/record.ts'
import type {
  Environment,
  RevisionSource,
  ScenarioResult,
  SockbenchRecord,
  WorkUnit,
} from '../record.ts'
import { type Answer, answersOf } from './answers.ts'
import { costTable } from './cost-table.ts'
import { countTable } from './count-table.ts'
import { dispatchSection } from './dispatch-section.ts'
import { failureText } from './failure-text.ts'
import { type ForestRow, forestRows, forestRowsByMode } from './forest.ts'
import { kernelSentence } from './kernel-sentence.ts'
import { lagSentence } from './lag-sentence.ts'
import { latencyTable } from './latency-table.ts'
import { livesTexts } from './lives-text.ts'
import {
  groupTitle,
  type PushGroup,
  pushCounts,
  pushGroups,
  pushMatrix,
  pushSentences,
} from './push-matrix.ts'
import { figure } from './quantities.ts'
import { revisionText } from './revision-text.ts'
import { costSentences, latencySentences } from './sentences.ts'
import type { Table } from './table.ts'
import { timeSentences } from './time-sentences.ts'

/** What every report shows, in words and figures, without a layout. */
export interface ReportModel {
  /** What it all says, in words. */
  answers: Answer[]
  sections: Section[]
  failures: string[]
  warnings: string[]
  provenance: { name: string; text: string; isCommand?: boolean }[]
}

export interface Section {
  title: string
  /** The subjects' figures, then what they counted. */
  tables: Table[]
  sentences: string[]
  /** What was compared, with intervals; of pushes, of all send modes. */
  forest: ForestRow[]
  /** What it tells of, for pictures of it; absent where that is no workload's. */
  results?: readonly ScenarioResult[]
  dispatch?: DispatchResult
}

export function reportModel(record: SockbenchRecord, recordPath: string): ReportModel {
  return {
    answers: answersOf(record),
    sections: [
      ...sectionsOf(record.scenarios),
      ...(record.dispatch === null ? [] : [dispatchSection(record.dispatch, record.scenarios)]),
    ],
    failures: record.failures.map(failureText),
    warnings: grouped(record.warnings),
    provenance: [
      { name: 'record', text: recordPath },
      ...record.revisions.map(revision => ({ name: revision.name, text: namedRevision(revision) })),
      ...originsOf(record),
      { name: 'why believe it', text: methodText(record) },
      { name: 'how to read', text: readingText(record) },
      { name: 'chance', text: chanceText(record) },
    ],
  }
}

/** One for each workload; of pushes, one for all send modes together. */
function sectionsOf(results: readonly ScenarioResult[]): Section[] {
  const isPush = ({ scenario }: ScenarioResult) => scenario === 'push'
  return [
    ...results.filter(result => !isPush(result)).map(sectionOf),
    ...pushGroups(results.filter(isPush)).map(pushSection),
  ]
}

function sectionOf(result: ScenarioResult): Section {
  const counts = countTable(result)
  return {
    forest: forestRows(result),
    results: [result],
    title: `${result.scenario}: ${result.label}`,
    tables: [
      hasLatency(result) ? latencyTable(result) : costTable(result),
      ...(counts === null ? [] : [counts]),
    ],
    sentences: [
      ...(hasLatency(result)
        ? [
            ...costSentences(withoutWall(result)),
            ...latencySentences(result),
            ...lagSentence(result),
          ]
        : costSentences(result)),
      ...kernelSentence(result),
      ...timeSentences(hasLatency(result) ? { ...result, ...withoutWall(result) } : result),
    ],
  }
}

/** Beside latencies, elapsed time in words is one sentence too many. */
function withoutWall({ comparisons }: ScenarioResult): Pick<ScenarioResult, 'comparisons'> {
  return { comparisons: comparisons.filter(({ metric }) => metric !== 'wall') }
}

function pushSection(group: PushGroup): Section {
  const counts = pushCounts(group)
  return {
    forest: forestRowsByMode(group),
    results: group,
    title: `push: ${groupTitle(group)}`,
    tables: [pushMatrix(group), ...(counts === null ? [] : [counts])],
    sentences: [
      ...pushSentences(group),
      ...group.flatMap(result =>
        timeSentences(result).map(sentence => `${result.parameters.mode}: ${sentence}`),
      ),
    ],
  }
}

function hasLatency({ processes }: ScenarioResult): boolean {
  return processes.some(({ outcome }) => outcome.state === 'completed' && outcome.latency !== null)
}

function readingText({ scenarios }: SockbenchRecord): string {
  const measures = (units: readonly WorkUnit[]) =>
    scenarios.some(({ unit }) => units.includes(unit))
  const hasLatencies = scenarios.some(hasLatency)
  return [
    `columns are medians over processes; ratios are means of those against A and against A′${trimmedText(scenarios)}`,
    ...(scenarios.some(({ comparisons }) => comparisons.some(({ kind }) => kind === 'loops'))
      ? [
          'of those with a loop each, the reference is against itself with one loop, and others are against it',
        ]
      : []),
    ...(scenarios.some(({ scenario }) => scenario === 'ibd') && measures(['message', 'GB'])
      ? ['a message is a block received and the request for another']
      : []),
    ...(hasLatencies
      ? [
          'percentiles are those of a process, max is the longest of all; waited: what the 50 ms ' +
            'detector estimates to have waited for the poll loop',
        ]
      : []),
  ].join('; ')
}

/** Only slices of subjects that lived together were compared one by one. */
function trimmedText(scenarios: readonly ScenarioResult[]): string {
  const together = scenarios.filter(({ lives }) => lives === 'together').length
  if (together === 0) return ''
  const where = together < scenarios.length ? ' (where slices were interleaved)' : ''
  return `, slice group by slice group, a third trimmed at each end${where}`
}

/** The intervals are each at 95 %, and not corrected for there being several. */
function chanceText({ scenarios }: SockbenchRecord): string {
  const intervals = scenarios.flatMap(s => s.comparisons.filter(c => c.low !== null))
  const expected = figure(0.05 * intervals.length)
  return `${intervals.length} intervals at 95 %: some ${expected} of them would miss the truth by chance alone`
}

/** How to repeat it, and on what it ran: of a merged record, of each that it was made from. */
function originsOf(record: SockbenchRecord): ReportModel['provenance'] {
  const { seed, command, environment, merged } = record
  if (merged.length === 0) {
    return [
      { name: 'seed', text: String(seed) },
      { name: 'again', text: command, isCommand: true },
      { name: 'machine', text: machineText(environment) },
    ]
  }
  return merged.flatMap((one, source) => [
    {
      name: `machine ${source + 1}`,
      text: `${machineText(one.environment)}; measured ${measuredText(record, source)}`,
    },
    { name: `again ${source + 1}`, text: one.command, isCommand: true },
  ])
}

/** `main: 01234567`, `01234567 with changes` */
function namedRevision(revision: RevisionSource): string {
  const asked = revision.ref ?? revision.directory
  return asked === null ? revisionText(revision) : `${asked}: ${revisionText(revision)}`
}

/** `ibd (large, 1 peer; small, 1 peer), dispatch` */
function measuredText({ scenarios, dispatch }: SockbenchRecord, source: number): string {
  const own = scenarios.filter(one => one.source === source)
  const names = [...new Set(own.map(({ scenario }) => scenario))]
  const texts = names.map(name => {
    const labels = own.filter(({ scenario }) => scenario === name).map(({ label }) => label)
    return `${name} (${labels.join('; ')})`
  })
  const all = [...texts, ...(source === 0 && dispatch !== null ? ['dispatch'] : [])]
  return all.length === 0 ? 'nothing' : all.join(', ')
}

function machineText({ cpuModel, cpus, kernel, node, loadBefore, loadAfter }: Environment): string {
  const load = `load ${figure(loadBefore)} before, ${figure(loadAfter)} after`
  return `${cpuModel}, ${cpus.length} CPUs, Linux ${kernel}, Node ${node}; ${load}`
}

/** Only what the record shows to have been done. */
function methodText(record: SockbenchRecord): string {
  const { scenarios, dispatch, environment, merged } = record
  const processes = scenarios.flatMap(scenario => scenario.processes)
  const rounds = scenarios.map(s => new Set(s.processes.map(p => p.round)).size)
  const [fewest, most] = [Math.min(...rounds, Infinity), Math.max(...rounds, 0)]
  const environments = merged.length === 0 ? [environment] : merged.map(one => one.environment)
  const bufferBytes = new Set(environments.flatMap(({ socketBufferBytes }) => socketBufferBytes))
  const pinning = new Set(environments.map(pinningText))
  const own =
    dispatch === null ? [] : ['dispatch: fresh processes one after the other, in random order']
  if (scenarios.length === 0) return own.join('; ')
  return [
    `${fewest < most ? `${fewest} to ${most}` : most} ${most === 1 ? 'round' : 'rounds'} of fresh processes`,
    ...livesTexts(record),
    processes.some(({ arm }) => arm === "A'")
      ? 'the reference twice in each round (A/A′)'
      : 'no A/A′ pair',
    ...(bufferBytes.size === 0
      ? []
      : [
          `socket buffers fixed at ${[...bufferBytes]
            .sort((a, b) => a - b)
            .map(kib)
            .join(', ')} KiB`,
        ]),
    [...pinning].join(' or '),
    ...own,
  ].join('; ')
}

function pinningText({ pinning }: Environment): string {
  return pinning === null
    ? 'nothing pinned to a CPU'
    : `driver on CPU ${pinning.driver.join(',')}, subjects on CPU ${pinning.subject.join(',')}`
}

function kib(bytes: number): string {
  return figure(bytes / 1024)
}

/** What is said of several workloads of a scenario is said once: `http (one; other), text`. */
function grouped(warnings: readonly string[]): string[] {
  const labelsOf = new Map<string, string[]>()
  for (const warning of warnings) {
    const [, scenario, label, text] = /^([\w-]+) \((.+?)\), (.*)$/.exec(warning) ?? []
    const key = text === undefined ? warning : `${scenario} (…), ${text}`
    labelsOf.set(key, [...(labelsOf.get(key) ?? []), ...(label === undefined ? [] : [label])])
  }
  return [...labelsOf].map(([key, labels]) => key.replace('(…)', `(${labels.join('; ')})`))
}
