import type { Verdict } from '../record.ts'
import type { Answer } from './answers.ts'
import { isCompared, metricNames } from './compared-metrics.ts'
import { type Fitting, fitted, type Part } from './fitted.ts'
import type { ForestRow } from './forest.ts'
import { codeSpan, escapedHtml, escapedMarkdown, markdownTable, signs } from './markdown-text.ts'
import type { ReportModel, Section } from './model.ts'
import { change } from './quantities.ts'
import type { Table } from './table.ts'
import { withoutZeroRows } from './zero-rows.ts'

/** GitHub refuses a longer comment. */
export const MOST_CHARACTERS = 65_536

/** For a comment on a pull request: the answers, every comparison, and what lies behind them, folded. */
export function markdownReport({
  answers,
  sections,
  failures,
  warnings,
  provenance,
}: ReportModel): string {
  const comparisons = sections.flatMap(comparisonRows)
  const parts: Part[] = [
    lines('## sockbench report', 'answers', answers.map(answerLine), 20_000),
    comparisonPart(comparisons),
    folded('subjects that did not finish', failures, 5_000),
    folded('warnings', warnings, 8_000),
    ...sections.map(sectionPart),
    lines('', 'lines of provenance', provenance.map(provenanceLine), 8_000),
  ]
  return fitted(parts.filter(hasContent), fitting)
}

/** Parts whose lines have room of their own leave enough for what is said of the others. */
const fitting: Fitting = {
  most: MOST_CHARACTERS - 1,
  leftOut: names =>
    `Left out, since a comment may have ${MOST_CHARACTERS.toLocaleString('en-US')} characters: ` +
    `${escapedMarkdown(names)}. \`sockbench report\` prints it all.`,
  roomForThat: 3_000,
}

function hasContent({ lines: { length } }: Part): boolean {
  return length > 0
}

function lines(before: string, name: string, texts: string[], most: number): Part {
  return { name, before: before === '' ? '' : `${before}\n\n`, lines: texts, after: '', most }
}

function folded(name: string, texts: readonly string[], most: number): Part {
  const title = `${name[0].toUpperCase()}${name.slice(1)}: ${texts.length}`
  return {
    name,
    before: `<details><summary>${title}</summary>\n\n`,
    lines: texts.map(text => `- ${escapedMarkdown(shortened(text, MOST_OF_A_LINE))}`),
    after: '\n\n</details>',
    most,
  }
}

/** Raw, and so an eighth of what it may take when every character is one that has to be escaped. */
const MOST_OF_A_LINE = 1_000
const MOST_OF_A_CELL = 200

function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

function answerLine({ text, verdict }: Answer): string {
  const sign = verdict === null ? '' : `${signOf(verdict)} `
  return `- ${sign}${escapedMarkdown(shortened(text, 2 * MOST_OF_A_LINE))}`
}

function signOf(verdict: Verdict): string {
  switch (verdict) {
    case 'equivalent':
    case 'faster':
      return signs.green
    case 'slower':
      return signs.red
    case 'inconclusive':
    case 'invalid':
      return signs.neutral
  }
}

/** The workload is said once. */
function comparisonRows({ title, forest }: Section): string[][] {
  return forest.map((row, i) => [i === 0 ? title : '', ...comparisonCells(row)])
}

function comparisonCells({ name, metric, ratio, interval, verdict, words }: ForestRow): string[] {
  return [
    name,
    isCompared(metric) ? metricNames[metric] : metric,
    change(ratio, interval?.low ?? null, interval?.high ?? null),
    `${signOf(verdict)} ${words}`,
  ]
}

function comparisonPart(rows: readonly (readonly string[])[]): Part {
  const head = ['workload', 'compared', 'figure', 'change [95 %]', 'says']
  const [names, delimiters, ...texts] = markdownTable(head, rows.map(escapedCells)).split('\n')
  const before = `${names}\n${delimiters}\n`
  return { name: 'comparisons', before, lines: texts, after: '', most: 20_000 }
}

function escapedCells(cells: readonly string[]): string[] {
  return cells.map(cell => escapedMarkdown(shortened(cell, MOST_OF_A_CELL)))
}

/** Whole or not at all. */
function sectionPart({ title, tables, sentences }: Section): Part {
  const texts = [
    ...tables.map(tableText),
    sentences
      .map(sentence => `- ${escapedMarkdown(shortened(sentence, MOST_OF_A_LINE))}`)
      .join('\n'),
  ]
  const content = texts.filter(text => text !== '').join('\n\n')
  const summary = `<details><summary>${escapedHtml(shortened(title, MOST_OF_A_CELL))}</summary>`
  const lines = [`${summary}\n\n${content}\n\n</details>`]
  return { name: `details of ${shortened(title, 50)}`, before: '', lines, after: '', most: null }
}

function tableText(table: Table): string {
  const { table: kept, zeros } = withoutZeroRows(table)
  const text = markdownTable(escapedCells(kept.head), kept.rows.map(escapedCells))
  return zeros === null ? text : `${text}\n\n${escapedMarkdown(zeros)}`
}

/** Commands can be copied. */
function provenanceLine({ name, text, isCommand }: ReportModel['provenance'][number]): string {
  const short = shortened(text, 2 * MOST_OF_A_LINE)
  const shown = isCommand === true ? codeSpan(short) : escapedMarkdown(short)
  return `- ${escapedMarkdown(shortened(name, MOST_OF_A_CELL))}: ${shown}`
}
