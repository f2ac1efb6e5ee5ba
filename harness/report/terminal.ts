import CliTable3 from 'cli-table3'
import { printable } from '../printable.ts'
import type { SockbenchRecord, Verdict } from '../record.ts'
import type { Answer } from './answers.ts'
import { painted } from './colours.ts'
import { barLegend, forestBars } from './forest-bars.ts'
import { type ReportModel, reportModel, type Section } from './model.ts'
import type { Table } from './table.ts'
import type { TerminalStyle } from './terminal-style.ts'
import { wrapped } from './wrapped.ts'
import { withoutZeroRows } from './zero-rows.ts'

export { type TerminalStyle, terminalStyle } from './terminal-style.ts'

/** From a stored record alone. */
export function terminalReport(
  record: SockbenchRecord,
  recordPath: string,
  style: TerminalStyle,
): string {
  return terminalText(reportModel(record, recordPath), style)
}

/** The whole report as text with a final newline. */
export function terminalText(model: ReportModel, style: TerminalStyle): string {
  const { answers, sections, failures, warnings, provenance } = model
  const bars = sections.some(({ forest }) => forestBars(forest, style) !== '')
  const parts = [
    answersText(answers, style),
    bars ? wrapped(barLegend(style), style.columns, { first: '', others: '  ' }) : '',
    ...sections.map(section => sectionText(section, style)),
    listText('Did not finish', failures, style),
    listText('Warnings', warnings, style),
    provenanceText(provenance, style),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function answersText(answers: readonly Answer[], { colour, columns }: TerminalStyle): string {
  if (answers.length === 0) return ''
  const lines = answers.map(({ text, verdict }) =>
    painted(wrapped(printable(text), columns, { first: '  ', others: '    ' }), verdict, colour),
  )
  return ['In words', ...lines].join('\n')
}

export function sectionText(
  { title, tables, forest, sentences }: Section,
  style: TerminalStyle,
): string {
  const [figures, ...counts] = tables.map(table => foldedTable(table, style))
  const bars = forestBars(forest, style)
  const said = sentences.map(sentence =>
    wrapped(printable(sentence), style.columns, { first: '', others: '  ' }),
  )
  const parts = [printable(title), figures, bars, ...counts, said.join('\n')]
  return parts.filter(part => part !== '').join('\n\n')
}

function foldedTable(whole: Table, style: TerminalStyle): string {
  const { table, zeros } = withoutZeroRows(whole)
  const text = tableText(table, style)
  if (zeros === null) return text
  return `${text}\n${wrapped(printable(zeros), style.columns, { first: '', others: '  ' })}`
}

function tableText(table: Table, style: TerminalStyle): string {
  const framed = style.columns === null ? null : framedTable(table, style.colour)
  return framed !== null && framed.width <= (style.columns ?? 0)
    ? framed.text
    : plainColumns(table, style.colour)
}

function framedTable(table: Table, colour: boolean): { width: number; text: string } {
  const framed = new CliTable3({
    head: table.head.map(printable),
    style: { head: [], border: [], compact: true },
    colAligns: table.head.map((_, column) => (isText(table, column) ? 'left' : 'right')),
  })
  framed.push(...cells(table).map((row, i) => coloured(row, table.verdicts[i], colour)))
  return { width: framed.width, text: framed.toString() }
}

function plainColumns(table: Table, colour: boolean): string {
  const head = table.head.map(printable)
  const rows = cells(table)
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map(row => row[column].length)),
  )
  const padded = (row: string[]) =>
    row.map((cell, column) =>
      isText(table, column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    )
  return [padded(head), ...rows.map((row, i) => coloured(padded(row), table.verdicts[i], colour))]
    .map(row => row.join('  ').trimEnd())
    .join('\n')
}

function cells(table: Table): string[][] {
  return table.rows.map(row => row.map(printable))
}

/** Names, modes and verdicts; everything else is figures. */
function isText({ head }: Table, column: number): boolean {
  return column === 0 || ['mode', 'verdict', 'backend', 'message', 'stage'].includes(head[column])
}

function coloured(row: string[], verdict: Verdict | null, colour: boolean): string[] {
  return [...row.slice(0, -1), painted(row[row.length - 1], verdict, colour)]
}

function listText(title: string, lines: readonly string[], { columns }: TerminalStyle): string {
  if (lines.length === 0) return ''
  const indents = { first: '  ', others: '    ' }
  return [title, ...lines.map(line => wrapped(printable(line), columns, indents))].join('\n')
}

function provenanceText(provenance: ReportModel['provenance'], { columns }: TerminalStyle): string {
  const width = Math.max(...provenance.map(({ name }) => name.length)) + 2
  const others = ' '.repeat(width)
  return provenance
    .map(({ name, text }) =>
      wrapped(printable(text), columns, { first: `${name}:`.padEnd(width), others }),
    )
    .join('\n')
}
