import { html, type Markup } from '../../pages/markup.ts'
import type { Verdict } from '../../record.ts'

/** Shapes as in the forest plots, so that nothing is said by a colour alone. */
const signs: Record<Verdict, string> = {
  equivalent: '●',
  faster: '▼',
  slower: '▲',
  inconclusive: '◆',
  invalid: '✚',
}

export function verdictSign(verdict: Verdict | null): Markup {
  return verdict === null
    ? html`<span class="sign" aria-hidden="true">–</span> `
    : html`<span class="sign ${verdict}" aria-hidden="true">${signs[verdict]}</span> `
}

export const signsExplained: readonly (readonly [Verdict, string])[] = [
  ['equivalent', 'the whole interval lies inside the margin'],
  ['faster', 'needs less: the interval excludes no difference'],
  ['slower', 'needs more: the interval excludes no difference; it may still lie within the margin'],
  ['inconclusive', 'neither, or too few rounds for an interval: nothing was shown'],
  ['invalid', 'the reference differs from itself, so the run was biased'],
]
