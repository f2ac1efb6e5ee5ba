import {
  codeSpan,
  escapedMarkdown as escaped,
  markdownTable,
  signs,
} from '../../report/markdown-text.ts'
import { findingsOf, outcomeText, revisionsText, tally, warningsOf } from '../findings.ts'
import type { GateResult } from '../gate-result.ts'

/** For a step summary: the outcome, a table, and a sentence for whatever is not green. */
export function markdownGate(result: GateResult): string {
  const findings = findingsOf(result)
  const rows = findings.map(({ subject, what, change, margin, rounds, colour, state }) =>
    [subject, what, change, margin, rounds, `${signs[colour]} ${state}`].map(escaped),
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
    markdownTable(['subject', 'what', 'change', 'margin', 'rounds', 'says'], rows),
    told.join('\n'),
    warningsOf(result)
      .map(warning => `- warning: ${escaped(warning)}`)
      .join('\n'),
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}
