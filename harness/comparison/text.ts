import { FLOOR } from '../participants.ts'
import { programName } from '../program.ts'
import type { SockbenchRecord } from '../record.ts'
import type { Section } from '../report/model.ts'
import { change, ratioFigure } from '../report/quantities.ts'
import { revisionText } from '../report/revision-text.ts'
import { verdictText } from '../report/sentences.ts'
import { absent, type Table } from '../report/table.ts'
import { sectionText, type TerminalStyle } from '../report/terminal.ts'
import type { RecordComparison, RecordsCompared } from './compare-records.ts'

export interface RecordFile {
  path: string
  record: SockbenchRecord
}

/** The whole comparison as text with a final newline. */
export function comparisonText(
  base: RecordFile,
  head: RecordFile,
  compared: RecordsCompared,
  style: TerminalStyle,
): string {
  const { comparisons, onlyInBase, onlyInHead } = compared
  const parts = [
    differencesText(compared),
    ...sectionsOf(comparisons).map(section => sectionText(section, style)),
    caveatText(compared),
    listText(`Only in ${base.path}`, onlyInBase),
    listText(`Only in ${head.path}`, onlyInHead),
    `base: ${fileText(base)}\nhead: ${fileText(head)}`,
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function differencesText({ differences }: RecordsCompared): string {
  return listText(
    'NOT COMPARABLE: the records are of different machines, or of one that was set up otherwise ' +
      '(base / head), so there is no verdict',
    differences,
  )
}

function sectionsOf(comparisons: readonly RecordComparison[]): Section[] {
  const titleOf = ({ scenario, label }: RecordComparison) => `${scenario}: ${label}`
  return [...new Set(comparisons.map(titleOf))].map(title => ({
    title,
    tables: [tableOf(comparisons.filter(one => titleOf(one) === title))],
    forest: [],
    sentences: [],
  }))
}

function tableOf(comparisons: readonly RecordComparison[]): Table {
  return {
    head: ['backend: figure', 'head/base', '95 % interval', 'rounds', 'verdict'],
    rows: comparisons.map(one => [
      `${programName(one)}: ${figureName(one)}`,
      ratioFigure(one.ratio),
      one.low === null || one.high === null
        ? absent
        : `${ratioFigure(one.low)} – ${ratioFigure(one.high)}`,
      `${one.baseRounds}/${one.headRounds}`,
      verdictOf(one),
    ]),
    verdicts: comparisons.map(({ verdict }) => (verdict === 'not comparable' ? null : verdict)),
  }
}

/** `CPU per GB`, `latency p99` */
function figureName({ metric, unit }: RecordComparison): string {
  const [, per] = unit.split('/')
  switch (metric) {
    case 'cpu':
      return `CPU per ${per}`
    case 'wall':
      return `wall time per ${per}`
    case 'latencyP50':
      return 'latency p50'
    case 'latencyP99':
      return 'latency p99'
  }
}

function verdictOf({ verdict, ...rest }: RecordComparison): string {
  return verdict === 'not comparable' ? verdict : verdictText({ ...rest, verdict })
}

/** What no interval here can know, a check of it, and what to do about it. */
function caveatText({ comparisons, sameCommit }: RecordsCompared): string {
  const cpu = comparisons.filter(({ metric }) => metric === 'cpu')
  const floors = cpu.filter(({ backend }) => backend === FLOOR)
  const references = cpu.filter(({ reference }) => reference)
  return [
    'The records were measured at different times: what changed in the machine between them is in every ratio, and in no interval.',
    ...[...references, ...floors].map(
      one =>
        `As a check: ${one.reference ? 'the reference' : 'the bare loop'} of ${one.scenario} ` +
        `(${one.label}), ${programName(one)}, differs by ${change(one.ratio, one.low, one.high)} CPU.`,
    ),
    ...(sameCommit ? ['Both are of the same commit: all that differs is the machine.'] : []),
    'To keep the machine out of it, measure side by side: sockbench compare --base REF',
  ].join('\n')
}

function listText(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return [title, ...lines.map(line => `  ${line}`)].join('\n')
}

function fileText({ path, record: { tool, startedAt, revisions } }: RecordFile): string {
  const dirty = tool.dirty === true ? ' with changes' : ''
  const commit = tool.gitSha === null ? 'no commit' : `${tool.gitSha.slice(0, 8)}${dirty}`
  const measured = revisions.map(revision => `${revision.name}: ${revisionText(revision)}`)
  return `${path} (${[`sockbench ${tool.version}`, commit, startedAt, ...measured].join(', ')})`
}
