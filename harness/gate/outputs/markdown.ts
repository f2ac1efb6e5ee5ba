import { findingsOf, outcomeText, revisionsText, tally, warningsOf } from '../findings.ts'
import type { Colour, GateResult } from '../gate-result.ts'

const signs: Record<Colour, string> = { red: '🔴', green: '🟢', neutral: '⚪' }

/** For a step summary: the outcome, a table, and a sentence for whatever is not green. */
export function markdownGate(result: GateResult): string {
  const findings = findingsOf(result)
  const rows = findings.map(({ subject, what, change, margin, rounds, colour, state }) =>
    tableRow([subject, what, change, margin, rounds, `${signs[colour]} ${state}`].map(escaped)),
  )
  const told = findings
    .filter(({ colour }) => colour !== 'green')
    .map(({ sentence, repeat, colour }) => {
      const again = repeat === '' ? '' : `; again: ${codeSpan(repeat)}`
      return `- ${signs[colour]} ${escaped(sentence)}${again}`
    })
  const parts = [
    `## sockbench gate ${outcomeText(result)}`,
    `${tally(findings)}; ${escaped(revisionsText(result))}`,
    [
      tableRow(['subject', 'what', 'change', 'margin', 'rounds', 'says']),
      tableRow(Array.from({ length: 6 }, () => '---')),
      ...rows,
    ].join('\n'),
    told.join('\n'),
    warningsOf(result)
      .map(warning => `- warning: ${escaped(warning)}`)
      .join('\n'),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

function escaped(text: string): string {
  return text
    .replaceAll(/[\\`*_|~[\]]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('\n', ' ')
}

/** With more backticks around than there are inside; CommonMark 6.1. */
function codeSpan(text: string): string {
  const runs = text.match(/`+/g) ?? []
  const fence = '`'.repeat(1 + Math.max(0, ...runs.map(run => run.length)))
  return runs.length === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`
}
