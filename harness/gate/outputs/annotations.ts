import { findingsOf } from '../findings.ts'
import type { GateResult } from '../gate-result.ts'

/**
 * GitHub's workflow commands: an error for whatever is red, a warning for whatever is neutral.
 * Source: "Workflow commands for GitHub Actions"; the escapes are those of its toolkit,
 * `packages/core/src/command.ts`.
 */
export function annotations(result: GateResult): string {
  return findingsOf(result)
    .filter(({ colour }) => colour !== 'green')
    .map(({ colour, subject, what, sentence }) => {
      const level = colour === 'red' ? 'error' : 'warning'
      const title = propertyText(`sockbench gate: ${subject}: ${what}`)
      return `::${level} title=${title}::${dataText(sentence)}\n`
    })
    .join('')
}

function dataText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function propertyText(text: string): string {
  return dataText(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
