import type { LatencyDistribution } from '../../figures/latency-distribution.ts'
import { duration, percentOfOne } from '../../quantities.ts'
import type { Chart, Panel } from '../chart.ts'
import { type SeriesNames, seriesOf, seriesScales } from '../series.ts'
import { durationLabel } from './percentile-lines.ts'

/** One send mode, or a workload that has no other. */
export interface WaitPanel {
  name: string
  distributions: LatencyDistribution[]
}

/**
 * How long messages took, by send mode, with what each subject used at rest beside it: what waits for
 * the poll loop ends at 50 ms, and what spins instead shows at rest.
 */
export function waitPicture(panels: readonly WaitPanel[], names: SeriesNames): Chart[] {
  const filled = panels.filter(({ distributions }) => distributions.length > 0)
  if (filled.length === 0) return []
  const bins = filled.flatMap(panel => panel.distributions.flatMap(one => one.bins))
  const shared = {
    from: Math.min(...bins.map(({ fromUs }) => fromUs)),
    to: Math.max(1.3 * TIMEOUT_US, ...bins.map(({ toUs }) => toUs)),
    names,
    drawn: namesIn(filled),
    rests: filled.some(hasRest),
  }
  return [
    {
      title: shared.rests
        ? 'How long messages took, by send mode, and the CPU that this takes at rest'
        : 'How long it took, with the timeout of the poll loop',
      description: filled.map(panelText).join('; '),
      notes: [
        'line at 50 ms: the timeout of poll, for which a message waits that nobody sends at once; waits from 0 to 50 ms, all as likely, rise up to the line on this scale and end there',
        ...(shared.rests
          ? ['at rest: connected and asked for nothing; 100 % is all of one core']
          : []),
      ],
      spec: {
        vconcat: filled.map((panel, i) => panelSpec(panel, shared, i === filled.length - 1)),
      },
    },
  ]
}

/** SELECT_TIMEOUT of every poll loop. */
const TIMEOUT_US = 50_000

interface Shared {
  from: number
  to: number
  names: SeriesNames
  /** In any of the panels: they share colours, and one legend. */
  drawn: string[]
  rests: boolean
}

function panelSpec(panel: WaitPanel, shared: Shared, isLast: boolean): Panel {
  const left = distributionSpec(panel, shared, isLast)
  return shared.rests ? { hconcat: [left, restSpec(panel, shared, isLast)] } : left
}

function distributionSpec(
  { name, distributions }: WaitPanel,
  { from, to, names, drawn, rests }: Shared,
  isLast: boolean,
): Panel {
  const values = distributions.flatMap(one =>
    outline(one).map(point => ({ ...point, name: one.name })),
  )
  const scales = seriesScales(names, drawn)
  const legend = { title: null, orient: 'bottom', columns: 3 } as const
  const domain: number[] = [from, to]
  const x = {
    field: 'us',
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: {
      title: isLast ? 'time taken, logarithmic' : null,
      labelExpr: durationLabel,
      values: decades(from, to),
    },
  } as const
  return {
    title: name,
    width: rests ? 380 : 600,
    height: rests ? 84 : 180,
    layer: [
      {
        data: { values },
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2, clip: true, aria: false },
        encoding: {
          x,
          y: {
            field: 'percent',
            type: 'quantitative',
            scale: { domainMin: 0 },
            axis: { title: '% of them', tickCount: 3 },
          },
          color: { field: 'name', type: 'nominal', scale: scales.colour, legend },
          strokeDash: { field: 'name', type: 'nominal', scale: scales.dash, legend },
        },
      },
      {
        data: { values: [{ us: TIMEOUT_US }] },
        mark: { type: 'rule', color: 'var(--bad)', strokeWidth: 1.5, aria: false },
        encoding: { x },
      },
      {
        data: { values: [{ us: TIMEOUT_US }] },
        mark: { type: 'text', align: 'right', dx: -4, color: 'var(--bad)', aria: false },
        encoding: { x, y: { value: 8 }, text: { value: '50 ms: poll’s timeout' } },
      },
    ],
  }
}

function restSpec({ distributions }: WaitPanel, { names }: Shared, isLast: boolean): Panel {
  const values = distributions.flatMap(({ name, restCores }) =>
    restCores === null
      ? []
      : [
          {
            name,
            colour: seriesOf(names, name).colour,
            percent: 100 * restCores,
            text: percentOfOne(restCores),
            description: `${name} at rest: ${percentOfOne(restCores)} of a core`,
          },
        ],
  )
  const order = values.map(({ name }) => name)
  const y = { field: 'name', type: 'nominal', axis: null, sort: order } as const
  const x = {
    field: 'percent',
    type: 'quantitative',
    scale: { domain: wholeCore, nice: false },
    axis: { title: isLast ? '% of a core' : null, tickCount: 2 },
  } as const
  return {
    title: 'CPU at rest',
    width: 150,
    height: 84,
    data: { values },
    layer: [
      {
        mark: { type: 'bar', clip: true },
        encoding: {
          x,
          y,
          color: { field: 'colour', type: 'nominal', scale: null },
          description: { field: 'description' },
        },
      },
      {
        mark: { type: 'text', align: 'left', dx: 4, aria: false },
        encoding: { x: { ...x, field: 'percent' }, y, text: { field: 'text' } },
      },
    ],
  }
}

const wholeCore: number[] = [0, 100]

/** From nothing, over the bins, to nothing again. */
function outline({ bins }: LatencyDistribution): { us: number; percent: number }[] {
  const steps = bins.map(({ fromUs, share }) => ({ us: fromUs, percent: 100 * share }))
  const [first, last] = [bins[0], bins[bins.length - 1]]
  return [{ us: first.fromUs, percent: 0 }, ...steps, { us: last.toUs, percent: 0 }]
}

function decades(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from))
  const length = Math.max(0, Math.floor(Math.log10(to)) - first + 1)
  return Array.from({ length }, (_, i) => 10 ** (first + i))
}

function namesIn(panels: readonly WaitPanel[]): string[] {
  return [...new Set(panels.flatMap(({ distributions }) => distributions.map(({ name }) => name)))]
}

function hasRest({ distributions }: WaitPanel): boolean {
  return distributions.some(({ restCores }) => restCores !== null)
}

function panelText({ name, distributions }: WaitPanel): string {
  return `${name}: ${distributions.map(distributionText).join(', ')}`
}

function distributionText({ name, bins, waits, restCores }: LatencyDistribution): string {
  const fullest = bins.reduce((most, bin) => (bin.share > most.share ? bin : most))
  const waited =
    waits.state === 'waits'
      ? `${percentOfOne(waits.waitingShare)} waited for the timeout`
      : waits.state === 'none'
        ? 'none waited for the timeout'
        : 'too few samples to tell waits'
  const rest = restCores === null ? '' : `, ${percentOfOne(restCores)} of a core at rest`
  return `${name} most often ${duration(fullest.fromUs)} to ${duration(fullest.toUs)}, ${waited}${rest}`
}
