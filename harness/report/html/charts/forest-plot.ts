import type { Verdict } from '../../../record.ts'
import type { ForestRow } from '../../forest.ts'
import { metricName } from '../../metric-names.ts'
import { change, marginText } from '../../quantities.ts'
import { type Chart, shortened } from '../chart.ts'

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
  const reach = reachOf(ordered)
  const drawn = ordered.map((row, index) => drawnRow(row, index, reach))
  const beyond = drawn.filter(({ edge }) => edge !== null).length
  const margin = marginText(marginPercent)
  const domain: number[] = [-reach, reach]
  const x = {
    field: 'percent',
    type: 'quantitative',
    scale: { domain, nice: false, zero: false },
    axis: {
      title: `less  ←  change of ${metricName(metric)}, %  →  more`,
      tickCount: 9,
      labelExpr: "datum.value > 0 ? '+' + datum.label : datum.label",
    },
  } as const
  const y = {
    field: 'index',
    type: 'ordinal',
    axis: null,
    scale: { paddingOuter: 0.1 },
  } as const
  const lower = marginPercent / (1 + marginPercent / 100)
  return {
    title: titleOf(ordered),
    description: ordered.map(rowText).join('; '),
    notes: [
      `grey band: the margin of ±${margin}, which counts as no difference; line at 0: no difference at all`,
      ...(beyond === 0
        ? []
        : ['an arrow at the edge: it lies beyond the scale, its figures say where']),
      ...(drawn.some(({ low }) => low === null)
        ? ['no interval: there were too few rounds for one, so the point alone says little']
        : []),
    ],
    spec: {
      width: WIDTH,
      height: { step: 42 },
      data: { values: drawn },
      layer: [
        {
          data: {
            values: [{ percent: -Math.min(lower, reach), to: Math.min(marginPercent, reach) }],
          },
          mark: { type: 'rect', color: 'var(--band)', aria: false },
          encoding: { x, x2: { field: 'to' } },
        },
        {
          data: { values: [{ percent: 0 }] },
          mark: { type: 'rule', color: 'var(--ink)', strokeWidth: 1, aria: false },
          encoding: { x },
        },
        {
          transform: [{ filter: 'isValid(datum.low)' }],
          mark: { type: 'rule', strokeWidth: 3, yOffset: 8, aria: false },
          encoding: {
            x: { ...x, field: 'low' },
            x2: { field: 'high' },
            y,
            color: verdictColour,
          },
        },
        {
          mark: { type: 'point', filled: true, size: 110, opacity: 1, yOffset: 8 },
          encoding: {
            x,
            y,
            color: verdictColour,
            shape: {
              field: 'shape',
              type: 'nominal',
              legend: null,
              scale: { domain: shapes, range: shapes },
            },
            description: { field: 'description' },
          },
        },
        {
          mark: { type: 'text', align: 'left', dx: 4, dy: -9, fontWeight: 'bold', aria: false },
          encoding: { text: { field: 'name' }, x: { value: 0 }, y },
        },
        {
          mark: { type: 'text', align: 'right', dx: -4, dy: -9, aria: false },
          encoding: { text: { field: 'figures' }, x: { value: WIDTH }, y, color: verdictColour },
        },
      ],
    },
  }
}

function titleOf(rows: readonly ForestRow[]): string {
  const what = `${sentenceCase(metricName(rows[0].metric))}: change against the baseline`
  return rows.some(({ interval }) => interval !== null)
    ? `${what}, with 95 % intervals`
    : `${what}; no intervals, there were too few rounds`
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const WIDTH = 760

interface DrawnRow {
  index: number
  name: string
  percent: number
  low: number | null
  high: number | null
  edge: 'left' | 'right' | null
  shape: string
  verdict: Verdict
  figures: string
  description: string
}

function drawnRow(row: ForestRow, index: number, reach: number): DrawnRow {
  const within = (percent: number) => Math.min(reach, Math.max(-reach, percent))
  const [percent, low, high] = [row.ratio, row.interval?.low, row.interval?.high].map(percentOf)
  const edge = percent > reach ? 'right' : percent < -reach ? 'left' : null
  return {
    index,
    name: shortened(row.name, 72),
    percent: within(percent),
    low: row.interval === null ? null : within(low),
    high: row.interval === null ? null : within(high),
    edge,
    shape: edge === null ? verdictShapes[row.verdict] : `triangle-${edge}`,
    verdict: row.verdict,
    figures: `${figuresText(row)}, ${row.interval === null ? 'no interval' : row.verdict}`,
    description: rowText(row),
  }
}

function rowText(row: ForestRow): string {
  return `${row.name}: ${figuresText(row)}, ${row.words}`
}

function figuresText({ ratio, interval }: ForestRow): string {
  return change(ratio, interval?.low ?? null, interval?.high ?? null)
}

/**
 * In per cent, either way: what holds twice the margin and every row that does not reach more than
 * six times as far as the middle one. Otherwise one row of −60 % would leave a line of all others.
 */
function reachOf(rows: readonly ForestRow[]): number {
  const reaches = rows.map(reachOfRow).sort((one, other) => one - other)
  const middle = Math.max(2 * rows[0].marginPercent, reaches[Math.floor((reaches.length - 1) / 2)])
  const shown = reaches.filter(reach => reach <= 6 * middle)
  return 1.1 * Math.max(middle, ...shown)
}

function reachOfRow({ ratio, interval }: ForestRow): number {
  const bounds = [ratio, interval?.low ?? ratio, interval?.high ?? ratio]
  return Math.max(...bounds.map(bound => Math.abs(percentOf(bound))))
}

function percentOf(ratio: number | undefined): number {
  return ratio === undefined ? Number.NaN : 100 * (ratio - 1)
}

const verdictShapes: Record<Verdict, string> = {
  equivalent: 'circle',
  faster: 'triangle-down',
  slower: 'triangle-up',
  inconclusive: 'diamond',
  invalid: 'cross',
}

const shapes = [...Object.values(verdictShapes), 'triangle-left', 'triangle-right']

const verdictColours: Record<Verdict, string> = {
  equivalent: 'var(--good)',
  faster: 'var(--good)',
  slower: 'var(--bad)',
  inconclusive: 'var(--open)',
  invalid: 'var(--void)',
}

const verdictColour = {
  field: 'verdict',
  type: 'nominal',
  legend: null,
  scale: { domain: Object.keys(verdictColours), range: Object.values(verdictColours) },
} as const
