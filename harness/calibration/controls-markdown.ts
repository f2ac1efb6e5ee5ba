import type { ControlRow } from './control-rows.ts'
import { counted, fixed, intervalText, signed, table } from './figures.ts'
import type { LongAa } from './long-aa.ts'
import type { CalibrationModel } from './model.ts'
import type { ReferenceRow } from './reference-rows.ts'
import { PLANNED_ROUNDS, type Spread } from './spread.ts'

/** What each control buys, and how wide an interval is with all of them on. */
export function controlsMarkdown({
  controls,
  references,
  longAa,
  settings,
}: CalibrationModel): string {
  return [
    ...(controls.length === 0 ? ['No control was switched off yet.'] : controlsText(controls)),
    ...(references.length === 0 ? [] : referencesText(references, settings)),
    ...(longAa === null ? [] : [longAaText(longAa)]),
  ].join('\n\n')
}

const spreadHead = [
  's of a round (95 %)',
  `expected at ${PLANNED_ROUNDS} rounds, from s (if normal)`,
]

function controlsText(rows: readonly ControlRow[]): string[] {
  return [
    'CPU of A′ against A, one difference for each round of fresh processes, with one control off at a ' +
      'time. Rounds of the rows took turns. `not trimmed` are the rounds of `everything on`, analysed ' +
      'without dropping the slices with the lowest and the highest third of the differences. What is ' +
      `expected at ${PLANNED_ROUNDS} rounds is the half-width of a 95 % interval.`,
    table(
      ['controls', 'rounds', ...spreadHead, 'largest', 'A′ against A (95 %)'],
      rows.map(({ name, rounds, largestPercent, twins, ...spread }) => [
        name,
        String(rounds),
        ...spreadCells(spread),
        largestPercent === null ? '–' : `${fixed(largestPercent)} %`,
        twins === null ? '–' : intervalText(twins),
      ]),
    ),
  ]
}

function referencesText(
  rows: readonly ReferenceRow[],
  { aa, experiment }: CalibrationModel['settings'],
): string[] {
  const names = {
    aa: `A/A runs, ${aa.slices} slices`,
    experiment: `experiments, ${experiment.slices} slices`,
  }
  return [
    'The reference runs twice in each round. What that buys is seen in the arms with nothing planted, ' +
      'which need no rounds of their own: with one reference, they are compared with A alone, and there ' +
      'is no A/A′ that could take a suspicion back.',
    table(
      [
        'arms with nothing planted',
        'compared with',
        'rounds',
        ...spreadHead,
        'suspected',
        'of these void: A/A′ excludes 0',
      ],
      rows.map(({ from, against, rounds, arms, suspected, voided, ...spread }) => [
        names[from],
        against === 'A alone' ? 'A alone: one reference, no A/A′' : against,
        String(rounds),
        ...spreadCells(spread),
        `${suspected} of ${arms}`,
        voided === null ? '–' : String(voided),
      ]),
    ),
  ]
}

function spreadCells(spread: Pick<Spread, 'deviation' | 'expectedHalfWidth'>): string[] {
  const { deviation, expectedHalfWidth: expected } = spread
  if (deviation === null || expected === null) return ['–', '–']
  return [
    `${fixed(deviation.deviation)} % (${fixed(deviation.low)} to ${fixed(deviation.high)})`,
    `± ${fixed(expected.estimate)} % (${fixed(expected.low)} to ${fixed(expected.high)})`,
  ]
}

function longAaText(run: LongAa): string {
  const { rounds, slices, startedAt, tool, percent, halfWidth } = run
  return (
    `Measured, not expected: one run of ${counted(rounds, 'round')} of ${slices} slices ` +
    `(${startedAt.slice(0, 10)}, sockbench ${tool}) found A′ to differ from A by ${signed(percent)} % ` +
    `(${intervalText(run)}, 95 %): a half-width of ± ${fixed(halfWidth)} %.`
  )
}
