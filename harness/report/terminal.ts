import CliTable3 from 'cli-table3'
import { printable } from '../printable.ts'
import type { SockbenchRecord, Verdict } from '../record.ts'
import { type ReportModel, reportModel, type Section } from './model.ts'
import type { Table } from './table.ts'

export interface TerminalStyle {
  colour: boolean
  /** The width of the terminal; null when the output is no terminal: then plain columns. */
  columns: number | null
}

/** Colours and frames only on a terminal; https://no-color.org turns colours off there, too. */
export function terminalStyle(
  stream: { isTTY?: boolean; columns?: number },
  environment: Record<string, string | undefined>,
): TerminalStyle {
  if (stream.isTTY !== true) return { colour: false, columns: null }
  return { colour: !environment.NO_COLOR, columns: stream.columns ?? 80 }
}

/** The whole report as text with a final newline, from a stored record alone. */
export function terminalReport(
  record: SockbenchRecord,
  recordPath: string,
  style: TerminalStyle,
): string {
  const model = reportModel(record, recordPath)
  const parts = [
    ...model.sections.map(section => sectionText(section, style)),
    listText('Did not finish', model.failures),
    listText('Warnings', model.warnings),
    provenanceText(model.provenance),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

export function sectionText({ title, tables, sentences }: Section, style: TerminalStyle) {
  const parts = [
    printable(title),
    ...tables.map(table => tableText(table, style)),
    sentences.map(printable).join('\n'),
  ]
  return parts.filter(part => part !== '').join('\n\n')
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
  return column === 0 || ['mode', 'verdict'].includes(head[column])
}

/** SGR colour codes: green, red, yellow. */
const verdictColours: Record<Verdict, number> = {
  faster: 32,
  equivalent: 32,
  slower: 31,
  invalid: 31,
  inconclusive: 33,
}

function coloured(row: string[], verdict: Verdict | null, colour: boolean): string[] {
  if (verdict === null || !colour) return row
  const last = row[row.length - 1]
  return [...row.slice(0, -1), `\u001b[${verdictColours[verdict]}m${last}\u001b[39m`]
}

function listText(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return [title, ...lines.map(line => `  ${printable(line)}`)].join('\n')
}

function provenanceText(provenance: ReportModel['provenance']): string {
  const width = Math.max(...provenance.map(({ name }) => name.length))
  return provenance
    .map(({ name, text }) => `${`${name}:`.padEnd(width + 1)} ${printable(text)}`)
    .join('\n')
}
