import type { Verdict } from '../record.ts'

/** SGR colour codes: green, red, yellow. */
const verdictColours: Record<Verdict, number> = {
  faster: 32,
  equivalent: 32,
  slower: 31,
  invalid: 31,
  inconclusive: 33,
}

export function painted(text: string, verdict: Verdict | null, colour: boolean): string {
  if (verdict === null || !colour) return text
  return `\u001b[${verdictColours[verdict]}m${text}\u001b[39m`
}
