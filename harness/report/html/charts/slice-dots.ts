import { programName } from '../../../program.ts'
import type { SliceCosts } from '../../figures/slice-costs.ts'
import { change, figure } from '../../quantities.ts'
import { type Chart, type Panel, shortened, stripAxis } from '../chart.ts'
import { type SeriesNames, seriesOf } from '../series.ts'

/** A strip for each subject: what its slices cost, in the order in which they ran. */
export function sliceDots(subjects: readonly SliceCosts[], names: SeriesNames): Chart[] {
  if (subjects.length === 0) return []
  const { low, high } = commonRange(subjects)
  const last = Math.max(...subjects.map(({ dots }) => 1 + dots[dots.length - 1].round))
  const [all, drawn] = [
    subjects.reduce((sum, { slices }) => sum + slices, 0),
    subjects.reduce((sum, { dots }) => sum + dots.length, 0),
  ]
  return [
    {
      title: 'CPU, slice by slice, against the median slice of the same subject',
      description: subjects.map(subjectText).join('; '),
      notes: [
        'from left to right as they ran, a column for each round; a slope in a column is a warm-up or a drift',
        drawn < all
          ? `${figure(drawn)} of ${figure(all)} slices are drawn: of each process every so many, and outliers`
          : `${figure(all)} slices, all of them`,
        'the scale is linear within ±5 % and logarithmic beyond, so that outliers do not squash the rest',
      ],
      spec: { vconcat: subjects.map(subject => stripSpec(subject, names, { low, high, last })) },
    },
  ]
}

/** Shared by all, so that spreads can be compared. */
function commonRange(subjects: readonly SliceCosts[]): { low: number; high: number } {
  let [low, high] = [1, 1]
  for (const { ratio } of subjects.flatMap(({ dots }) => dots)) {
    low = Math.min(low, ratio)
    high = Math.max(high, ratio)
  }
  return { low: percentOf(low) * 1.05 - 0.5, high: percentOf(high) * 1.05 + 0.5 }
}

function stripSpec(
  subject: SliceCosts,
  names: SeriesNames,
  { low, high, last }: { low: number; high: number; last: number },
): Panel {
  const { name, dots, arm } = subject
  const { colour } = seriesOf(names, programName(subject))
  // A gap after each: Vega draws a line of single points in one path, a tenth of so many symbols.
  const values = dots.flatMap(({ round, position, ratio }) => {
    const at = round + 1 + (position - 0.5) * 0.86
    return [
      { at, percent: percentOf(ratio) },
      { at, percent: null },
    ]
  })
  const columns: number[] = [0.5, last + 0.5]
  const percents: number[] = [low, high]
  const x = {
    field: 'at',
    type: 'quantitative',
    scale: { domain: columns, nice: false, zero: false },
    axis: { title: null, tickMinStep: 1, format: 'd', grid: false },
  } as const
  const y = {
    field: 'percent',
    type: 'quantitative',
    scale: { type: 'symlog', constant: LINEAR_PERCENT, domain: percents, nice: false },
    axis: { ...stripAxis, values: ticksWithin(low, high) },
  } as const
  return {
    title: `${shortened(name, 72)}${arm === 'A' ? ' (A)' : ''}: median ${medianText(subject)}, largest ${change(largest(subject), null, null)}`,
    width: 600,
    height: 70,
    layer: [
      {
        data: { values: [{ percent: 0 }] },
        mark: { type: 'rule', color: 'var(--ink)', opacity: 0.5, aria: false },
        encoding: { y },
      },
      {
        data: { values },
        mark: {
          type: 'line',
          color: colour,
          strokeWidth: dots.length > 1000 ? 2.2 : 3,
          strokeCap: 'round',
          strokeOpacity: 0.75,
          invalid: 'break-paths-show-domains',
          clip: true,
          aria: false,
        },
        encoding: { x, y, order: { field: 'at', type: 'quantitative' } },
      },
    ],
  }
}

/** Below and above, a scale that is logarithmic. */
const LINEAR_PERCENT = 5

function ticksWithin(low: number, high: number): number[] {
  const ticks = [-90, -50, -20, -5, 0, 5, 20, 100, 500, 2000, 10_000]
  return ticks.filter(tick => tick >= low && tick <= high)
}

function percentOf(ratio: number): number {
  return 100 * (ratio - 1)
}

function largest({ spread }: SliceCosts): number {
  return spread.largest
}

function medianText({ median, metricUnit }: SliceCosts): string {
  return `${figure(median)} ${metricUnit}`
}

function subjectText(subject: SliceCosts): string {
  const { spread } = subject
  const [low, high] = [spread.low, spread.high].map(ratio => change(ratio, null, null))
  return (
    `${subject.name}: ${figure(subject.slices)} slices, median ${medianText(subject)}, eight in ten from ${low} to ${high}, ` +
    `the largest ${change(largest(subject), null, null)}`
  )
}
