import type { Verdict } from '../../../record.ts'
import type { ForestRow } from '../../forest.ts'
import { metricName } from '../../metric-names.ts'
import { marginText } from '../../quantities.ts'
import { type Chart, marginBand, shortened } from '../chart.ts'
import { type PlacedRows, placedRows, rowText } from './placed-rows.ts'

/** One picture for each metric: its own scale, since latencies differ by more than costs do. */
export function forestPlots(rows: readonly ForestRow[]): Chart[] {
  const metrics = [...new Set(rows.map(({ metric }) => metric))]
  return metrics.map(metric => forestPlot(rows.filter(row => row.metric === metric)))
}

/** A/A′ first: what the machine calls no difference is where to look before any other row. */
function forestPlot(rows: readonly ForestRow[]): Chart {
  const isTwin = ({ kind }: ForestRow) => kind === 'aa'
  const ordered = [...rows.filter(isTwin), ...rows.filter(row => !isTwin(row))]
  const [{ metric, marginPercent }] = ordered
  const placed = placedRows(ordered)
  const margin = marginText(marginPercent)
  const has = { intervals: false, points: false }
  for (const { interval } of ordered) has[interval === null ? 'points' : 'intervals'] = true
  const what = metricName(metric)
  return {
    title:
      `${what.charAt(0).toUpperCase()}${what.slice(1)}: change against the baseline` +
      (has.intervals ? ', with 95 % intervals' : '; no intervals, there were too few rounds'),
    description: ordered.map(rowText).join('; '),
    notes: [
      `grey band: the margin of ±${margin}, which counts as no difference; line at 0: no difference at all`,
      ...(placed.arrows.length === 0
        ? []
        : ['an arrow at the edge: it goes on beyond the scale, its figures say where to']),
      ...(has.points
        ? ['no interval: there were too few rounds for one, so the point alone says little']
        : []),
    ],
    spec: forestSpec(placed, what, marginPercent, wide),
    narrow: forestSpec(placed, what, marginPercent, narrow),
  }
}

/** Where the texts of a row stand: beside each other, or under each other where there is no room. */
interface Layout {
  width: number
  rowHeight: number
  /** Below the middle of a row, in pixels. */
  nameAt: number
  figuresAt: number
  intervalAt: number
  figuresAlign: 'left' | 'right'
  longestName: number
  axisTitle: (what: string) => string
  ticks: number
}

const wide: Layout = {
  width: 760,
  rowHeight: 42,
  nameAt: -9,
  figuresAt: -9,
  intervalAt: 8,
  figuresAlign: 'right',
  longestName: 72,
  axisTitle: what => `less  ←  change of ${what}, %  →  more`,
  ticks: 9,
}

const narrow: Layout = {
  width: 316,
  rowHeight: 56,
  nameAt: -18,
  figuresAt: -4,
  intervalAt: 14,
  figuresAlign: 'left',
  longestName: 48,
  axisTitle: () => 'less  ←  change, %  →  more',
  ticks: 5,
}

function forestSpec(
  { reach, rows, arrows }: PlacedRows,
  what: string,
  marginPercent: number,
  layout: Layout,
): Chart['spec'] {
  const { width, intervalAt, figuresAlign } = layout
  const domain: number[] = [-reach, reach]
  const x = {
    field: 'percent',
    type: 'quantitative',
    scale: { domain, nice: false, zero: false },
    axis: {
      title: layout.axisTitle(what),
      tickCount: layout.ticks,
      labelExpr: "datum.value > 0 ? '+' + datum.label : datum.label",
    },
  } as const
  const y = {
    field: 'index',
    type: 'ordinal',
    axis: null,
    scale: { domain: rows.map(({ index }) => index), paddingOuter: 0.1 },
  } as const
  return {
    width,
    height: { step: layout.rowHeight },
    data: { values: rows.map(row => ({ ...row, name: shortened(row.name, layout.longestName) })) },
    layer: [
      {
        data: { values: [marginBand(marginPercent)] },
        mark: { type: 'rect', color: 'var(--band)', clip: true, aria: false },
        encoding: { x, x2: { field: 'to' } },
      },
      {
        data: { values: [{ percent: 0 }] },
        mark: { type: 'rule', color: 'var(--ink)', strokeWidth: 1, aria: false },
        encoding: { x },
      },
      {
        transform: [{ filter: 'isValid(datum.low)' }],
        mark: { type: 'rule', strokeWidth: 3, yOffset: intervalAt, aria: false },
        encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, color: verdictColour },
      },
      {
        transform: [{ filter: 'isValid(datum.percent)' }],
        mark: { type: 'point', filled: true, size: 110, opacity: 1, yOffset: intervalAt },
        encoding: {
          x,
          y,
          color: verdictColour,
          shape: { field: 'verdict', type: 'nominal', legend: null, scale: shapes },
          description: { field: 'description' },
        },
      },
      {
        data: { values: arrows },
        mark: { type: 'point', filled: true, size: 110, opacity: 1, yOffset: intervalAt },
        encoding: {
          x,
          y,
          color: verdictColour,
          shape: { field: 'shape', type: 'nominal', scale: null },
          description: { field: 'description' },
        },
      },
      {
        mark: {
          type: 'text',
          align: 'left',
          dx: 4,
          dy: layout.nameAt,
          fontWeight: 'bold',
          aria: false,
        },
        encoding: { text: { field: 'name' }, x: { value: 0 }, y },
      },
      {
        mark: {
          type: 'text',
          align: figuresAlign,
          dx: figuresAlign === 'right' ? -4 : 4,
          dy: layout.figuresAt,
          aria: false,
        },
        encoding: {
          text: { field: 'figures' },
          x: { value: figuresAlign === 'right' ? width : 0 },
          y,
          color: verdictColour,
        },
      },
    ],
  }
}

const looks: Record<Verdict, { shape: string; colour: string }> = {
  equivalent: { shape: 'circle', colour: 'var(--good)' },
  faster: { shape: 'triangle-down', colour: 'var(--good)' },
  slower: { shape: 'triangle-up', colour: 'var(--bad)' },
  inconclusive: { shape: 'diamond', colour: 'var(--open)' },
  invalid: { shape: 'cross', colour: 'var(--void)' },
}

const shapes = {
  domain: Object.keys(looks),
  range: Object.values(looks).map(({ shape }) => shape),
}

const verdictColour = {
  field: 'verdict',
  type: 'nominal',
  legend: null,
  scale: {
    domain: Object.keys(looks),
    range: Object.values(looks).map(({ colour }) => colour),
  },
} as const
