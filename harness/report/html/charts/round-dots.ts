import { programName } from '../../../program.ts'
import type { RoundDifferences } from '../../figures/round-differences.ts'
import { change } from '../../quantities.ts'
import { type Chart, marginBand, type Panel, shortened, stripAxis } from '../chart.ts'
import { type SeriesNames, seriesOf } from '../series.ts'

export interface NamedRounds extends RoundDifferences {
  name: string
}

/** @param prefix such as a send mode, where a section has several */
export function namedRounds(
  differences: readonly RoundDifferences[],
  prefix: string,
): NamedRounds[] {
  return differences.map(one => {
    const { kind, baseline, baselineLoops, baselineRevision } = one.comparison
    const reference = programName({
      backend: baseline,
      loops: baselineLoops,
      revision: baselineRevision,
    })
    const subject = `${programName(one.comparison)}${kind === 'aa' ? ' (A′)' : ''}`
    return { ...one, name: `${prefix}${subject} against ${reference}` }
  })
}

/** What each interval is made of, so that a drift over the rounds or one odd round can be seen. */
export function roundDots(compared: readonly NamedRounds[], names: SeriesNames): Chart[] {
  const strips = compared.filter(({ rounds }) => rounds.length > 0)
  if (strips.length === 0) return []
  const last = Math.max(...strips.flatMap(({ rounds }) => rounds.map(({ round }) => round + 1)))
  return [
    {
      title: 'CPU, round by round: the differences that the intervals are made of',
      description: strips.map(stripText).join('; '),
      notes: [
        'each strip has a scale of its own; grey: the margin, the line: no difference, where they are near; dashed: the estimate',
        ...(strips.some(({ rounds }) => rounds.some(({ counts }) => !counts))
          ? ['fainter: rounds after the look that counts, of which the estimate knows nothing']
          : []),
      ],
      spec: { vconcat: strips.map(strip => stripSpec(strip, names, last)) },
    },
  ]
}

function stripSpec(
  { name, comparison, rounds }: NamedRounds,
  names: SeriesNames,
  last: number,
): Panel {
  const values = rounds.map(({ round, ratio, counts }) => ({
    opacity: counts ? 1 : 0.35,
    round: round + 1,
    percent: 100 * (ratio - 1),
    description: `round ${round + 1}: ${change(ratio, null, null)}`,
  }))
  const estimate = 100 * (comparison.ratio - 1)
  const { colour } = seriesOf(names, programName(comparison))
  const domain = domainAround([estimate, ...values.map(({ percent }) => percent)])
  const y = {
    field: 'percent',
    type: 'quantitative',
    scale: { domain, nice: false, zero: false },
    axis: { ...stripAxis, tickCount: 4 },
  } as const
  const columns: number[] = [0.5, last + 0.5]
  const x = {
    field: 'round',
    type: 'quantitative',
    scale: { domain: columns, nice: false, zero: false },
    axis: { title: null, tickMinStep: 1, format: 'd', grid: false },
  } as const
  const { marginPercent } = comparison
  return {
    title: `${shortened(name, 80)}: ${change(comparison.ratio, comparison.low, comparison.high)}`,
    width: 600,
    height: 64,
    layer: [
      {
        data: { values: [marginBand(marginPercent)] },
        mark: { type: 'rect', color: 'var(--band)', clip: true, aria: false },
        encoding: { y, y2: { field: 'to' } },
      },
      {
        data: { values: [{ percent: 0 }] },
        mark: { type: 'rule', color: 'var(--ink)', clip: true, aria: false },
        encoding: { y },
      },
      {
        data: { values: [{ percent: estimate }] },
        mark: { type: 'rule', color: colour, strokeDash: [4, 3], clip: true, aria: false },
        encoding: { y },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 45, color: colour },
        encoding: {
          x,
          y,
          opacity: { field: 'opacity', type: 'quantitative', scale: null },
          description: { field: 'description' },
        },
      },
    ],
  }
}

function domainAround(percents: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...percents), Math.max(...percents)]
  const room = Math.max(0.25, (high - low) * 0.15)
  return [low - room, high + room]
}

function stripText({ name, rounds }: NamedRounds): string {
  const ratios = rounds.map(({ ratio }) => ratio)
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)]
  return `${name}: ${rounds.length} rounds, from ${change(least, null, null)} to ${change(most, null, null)}`
}
