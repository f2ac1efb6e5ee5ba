import { quoted } from '../commands/command-line.ts'
import { FLOOR } from '../participants.ts'
import { programName } from '../program.ts'
import type { SockbenchRecord } from '../record.ts'
import type { Judgement } from '../report/answers/judgement.ts'
import { verdictAnswers } from '../report/answers/verdict-answers.ts'
import type { Answer } from '../report/answers.ts'
import { metricNames } from '../report/compared-metrics.ts'
import { failureText } from '../report/failure-text.ts'
import type { ForestRow } from '../report/forest.ts'
import { fewOf } from '../report/listed.ts'
import type { ReportModel, Section } from '../report/model.ts'
import { change, ratioFigure } from '../report/quantities.ts'
import { revisionText } from '../report/revision-text.ts'
import { verdictText } from '../report/sentences.ts'
import { absent, type Table } from '../report/table.ts'
import type { RecordComparison, RecordsCompared } from './compare-records.ts'

export interface RecordFile {
  path: string
  record: SockbenchRecord
}

/** Two stored records compared, for every report. */
export function comparisonModel(
  base: RecordFile,
  head: RecordFile,
  compared: RecordsCompared,
): ReportModel {
  const { comparisons, onlyInBase, onlyInHead } = compared
  const judged = comparisons.filter(isJudged)
  return {
    answers: [
      ...notComparableAnswer(compared),
      ...verdictAnswers(judged.filter(one => !isFloor(one)).map(judgementOf)),
      ...invalidAnswers(judged),
      ...caveatAnswers(compared),
    ],
    sections: sectionsOf(comparisons),
    failures: [...failuresOf('base', base), ...failuresOf('head', head)],
    warnings: [
      ...ownWarnings('base', base),
      ...ownWarnings('head', head),
      ...onlyInBase.map(name => `only in ${base.path}: ${name}`),
      ...onlyInHead.map(name => `only in ${head.path}: ${name}`),
    ],
    provenance: [
      { name: 'base', text: fileText(base) },
      { name: 'head', text: fileText(head) },
    ],
  }
}

function notComparableAnswer({ differences }: RecordsCompared): Answer[] {
  if (differences.length === 0) return []
  const text =
    'NOT COMPARABLE: the records are of different machines, or of one that was set up otherwise ' +
    `(base / head), so there is no verdict: ${differences.join('; ')}`
  return [{ text, verdict: 'invalid' }]
}

type Judged = RecordComparison & { verdict: Exclude<RecordComparison['verdict'], 'not comparable'> }

function isJudged(comparison: RecordComparison): comparison is Judged {
  return comparison.verdict !== 'not comparable'
}

function judgementOf(comparison: Judged): Judgement {
  const { metric, ratio, low, high, marginPercent, verdict, withinMargin, reason } = comparison
  return {
    pair: `head against base, ${programName(comparison)}`,
    workload: workloadName(comparison),
    metric,
    ratio,
    low,
    high,
    marginPercent,
    verdict,
    withinMargin,
    reason,
    mdePercent: null,
    warned: false,
  }
}

function invalidAnswers(comparisons: readonly Judged[]): Answer[] {
  const invalid = comparisons.filter(({ verdict }) => verdict === 'invalid')
  const reasons = [...new Set(invalid.map(one => one.reason ?? 'biased'))]
  return reasons.map(reason => {
    const { length } = invalid.filter(one => (one.reason ?? 'biased') === reason)
    return {
      text: `${length} of ${comparisons.length} comparisons invalid: ${reason}`,
      verdict: 'invalid',
    }
  })
}

/** What no interval here can know, a check of it, and what to do about it. */
function caveatAnswers({ comparisons, sameCommit }: RecordsCompared): Answer[] {
  const cpu = comparisons.filter(({ metric }) => metric === 'cpu')
  const texts = [
    'the records were measured at different times: what changed in the machine between them is in ' +
      'every ratio, and in no interval; to keep it out, measure side by side: sockbench compare --base REF',
    ...checkText(
      'the reference of both',
      cpu.filter(({ reference }) => reference),
    ),
    ...checkText('the bare loop', cpu.filter(isFloor)),
    ...(sameCommit ? ['both are of the same commit: all that differs is the machine'] : []),
  ]
  return texts.map(text => ({ text, verdict: null }))
}

function isFloor({ backend }: RecordComparison): boolean {
  return backend === FLOOR
}

function checkText(what: string, checks: readonly RecordComparison[]): string[] {
  if (checks.length === 0) return []
  const texts = checks.map(
    one => `${change(one.ratio, one.low, one.high)} in ${workloadName(one)} (${programName(one)})`,
  )
  return [`as a check, the CPU of ${what} differs by ${fewOf(texts)}`]
}

function workloadName({ scenario, label }: RecordComparison): string {
  return `${scenario} (${label})`
}

function sectionsOf(comparisons: readonly RecordComparison[]): Section[] {
  const titleOf = ({ scenario, label }: RecordComparison) => `${scenario}: ${label}`
  return [...new Set(comparisons.map(titleOf))].map(title => {
    const own = comparisons.filter(one => titleOf(one) === title)
    return {
      title,
      tables: [tableOf(own)],
      forest: own.filter(isJudged).map(forestRow),
      sentences: [],
    }
  })
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
      isJudged(one) ? verdictText(one) : one.verdict,
    ]),
    verdicts: comparisons.map(one => (isJudged(one) ? one.verdict : null)),
  }
}

/** `CPU per GB`, `latency p99` */
function figureName({ metric, unit }: RecordComparison): string {
  const [, per] = unit.split('/')
  return per === undefined ? metricNames[metric] : `${metricNames[metric]} per ${per}`
}

function forestRow(comparison: Judged): ForestRow {
  const { metric, ratio, low, high, marginPercent, verdict } = comparison
  const subject = programName(comparison)
  return {
    kind: 'revision',
    subject,
    baseline: 'base',
    name: `${subject}: head against base`,
    metric,
    ratio,
    interval: low === null || high === null ? null : { low, high },
    marginPercent,
    verdict,
    words: verdictText(comparison),
  }
}

function failuresOf(which: string, { record: { failures } }: RecordFile): string[] {
  return failures.map(failure => `${which}: ${failureText(failure)}`)
}

/** They are about each record's own figures, and told with those. */
function ownWarnings(which: string, { path, record: { warnings } }: RecordFile): string[] {
  if (warnings.length === 0) return []
  return [`${which} has ${warnings.length} of its own, see sockbench report ${quoted(path)}`]
}

function fileText({ path, record: { tool, startedAt, revisions } }: RecordFile): string {
  const dirty = tool.dirty === true ? ' with changes' : ''
  const commit = tool.gitSha === null ? 'no commit' : `${tool.gitSha.slice(0, 8)}${dirty}`
  const measured = revisions.map(revision => `${revision.name}: ${revisionText(revision)}`)
  return `${path} (${[`sockbench ${tool.version}`, commit, startedAt, ...measured].join(', ')})`
}
