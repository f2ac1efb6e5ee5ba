import type { LatencyCurve } from '../../figures/latency-curve.ts'
import { duration } from '../../quantities.ts'
import type { Chart } from '../chart.ts'
import { type SeriesNames, seriesScales } from '../series.ts'

/** Latency by percentile; 90, 99 and 99.9 are equally far apart. @param where such as a send mode */
export function percentileLines(
  curves: readonly LatencyCurve[],
  names: SeriesNames,
  where: string,
): Chart[] {
  const drawn = curves.filter(({ points }) => points.length > 1)
  if (drawn.length === 0) return []
  const scales = seriesScales(
    names,
    drawn.map(({ name }) => name),
  )
  const values = drawn.flatMap(({ name, points }) =>
    points.map(({ percentile, us }) => ({ name, nines: ninesOf(percentile), us })),
  )
  const most = Math.max(...values.map(({ nines }) => nines))
  const shown = marks.filter(percentile => ninesOf(percentile) <= most + 0.02)
  const legend = { title: null, orient: 'bottom', columns: 2 } as const
  return [
    {
      title: `Latency by percentile${where}`,
      description: drawn.map(curveText).join('; '),
      notes: [
        'all processes of a program together, where the tables have the median over processes; a line ends where fewer than ten samples lie beyond',
      ],
      spec: {
        width: 600,
        height: 260,
        data: { values },
        mark: { type: 'line', strokeWidth: 2, aria: false },
        encoding: {
          x: {
            field: 'nines',
            type: 'quantitative',
            scale: { domain: [0, Math.max(1, most)], nice: false },
            axis: {
              title: 'percentile',
              values: shown.map(ninesOf),
              labelExpr: "'p' + format(100 * (1 - pow(10, -datum.value)), '.4~g')",
            },
          },
          y: {
            field: 'us',
            type: 'quantitative',
            scale: { type: 'log', nice: false, domain: domainOf(values.map(({ us }) => us)) },
            axis: { title: null, labelExpr: durationLabel, tickCount: 8 },
          },
          color: { field: 'name', type: 'nominal', scale: scales.colour, legend },
          strokeDash: { field: 'name', type: 'nominal', scale: scales.dash, legend },
        },
      },
    },
  ]
}

const marks = [0, 50, 90, 99, 99.9, 99.99]

function ninesOf(percentile: number): number {
  return -Math.log10(1 - percentile / 100)
}

/** An axis of microseconds: labels at 1, 2 and 5 of each power of ten. */
export const durationLabel =
  "indexof([1, 2, 5], round(datum.value / pow(10, floor(log(datum.value) / LN10 + 1e-9)))) < 0 ? '' : " +
  "datum.value < 1e3 ? format(datum.value, '~r') + ' µs' : " +
  "datum.value < 1e6 ? format(datum.value / 1e3, '~r') + ' ms' : format(datum.value / 1e6, '~r') + ' s'"

function domainOf(us: readonly number[]): [number, number] {
  return [0.9 * Math.max(0.1, Math.min(...us)), 1.1 * Math.max(...us)]
}

function curveText({ name, points, samples }: LatencyCurve): string {
  const texts = [50, 90, 99, 99.9].flatMap(percentile => {
    const point = points.find(one => one.percentile >= percentile - 1e-6)
    return point === undefined ? [] : [`p${percentile} ${duration(point.us)}`]
  })
  return `${name}: ${[...texts, `${samples.toLocaleString('en-US')} samples`].join(', ')}`
}
