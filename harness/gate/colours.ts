import type { Colour, ComparisonState, WaitState } from './gate-result.ts'

/**
 * Neutral is what is not known: too few rounds, a biased run, a base that does not run. Whether it fails
 * is for `exit-code.ts` to say.
 */
export const comparisonColours: Record<ComparisonState, Colour> = {
  within: 'green',
  regressed: 'red',
  'head-died': 'red',
  'head-died-once': 'neutral',
  'base-died': 'neutral',
  'not-measured': 'neutral',
  biased: 'neutral',
  inconclusive: 'neutral',
  'inconclusive (tail)': 'neutral',
  unconfirmed: 'neutral',
  'no-figure': 'neutral',
}

export const waitColours: Record<WaitState, Colour> = {
  none: 'green',
  'as-before': 'green',
  new: 'red',
  unconfirmed: 'neutral',
  unknown: 'neutral',
}
