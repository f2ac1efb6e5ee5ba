import { clock } from '../../progress.ts'
import {
  type Finding,
  findingsOf,
  outcomeText,
  revisionsText,
  tally,
  warningsOf,
} from '../findings.ts'
import type { Colour, GateResult } from '../gate-result.ts'

/**
 * A table of everything, then a sentence for whatever is not green.
 * @param path of gate.json, or what is to be said instead
 */
export function terminalGate(
  result: GateResult,
  path: string,
  { colour }: { colour: boolean },
): string {
  const findings = findingsOf(result)
  const parts = [
    table(findings, colour),
    findings
      .filter(one => one.colour !== 'green')
      .map(one => sentenceOf(one, colour))
      .join('\n'),
    warningsOf(result)
      .map(warning => `warning: ${warning}`)
      .join('\n'),
    `gate ${outcomeText(result)} (${tally(findings)}); ${revisionsText(result)}; ${took(result)}\n${path}`,
  ]
  return `${parts.filter(part => part !== '').join('\n\n')}\n`
}

/** Several machines work at the same time. */
function took({ sources }: GateResult): string {
  return clock(Math.max(...sources.map(({ durationMs }) => durationMs)))
}

const head = ['subject', 'what', 'change [interval]', 'margin', 'rounds', 'says']

function table(findings: readonly Finding[], withColour: boolean): string {
  if (findings.length === 0) return 'nothing to gate in this shard'
  const rows = findings.map(({ subject, what, change, margin, rounds, colour, state }) => [
    subject,
    what,
    change,
    margin,
    rounds,
    `${colour}: ${state}`,
  ])
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map(row => row[i].length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd()
  const lines = rows.map((row, i) => painted(line(row), findings[i].colour, withColour))
  return [line(head), ...lines].join('\n')
}

function sentenceOf({ sentence, repeat, colour }: Finding, withColour: boolean): string {
  const again = repeat === '' ? '' : `\n  again: ${repeat}`
  return painted(sentence, colour, withColour) + again
}

/** SGR colour codes. */
const codes: Record<Colour, number> = { red: 31, green: 32, neutral: 33 }

function painted(text: string, colour: Colour, withColour: boolean): string {
  return withColour ? `\u001b[${codes[colour]}m${text}\u001b[39m` : text
}
