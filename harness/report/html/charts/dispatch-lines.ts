import type { DispatchEstimate } from '../../../dispatch/record.ts'
import { figure } from '../../quantities.ts'
import type { Chart, Panel } from '../chart.ts'
import { type SeriesNames, seriesOf, seriesScales } from '../series.ts'

const costs = [
  ['poll', 'pollNs'],
  ['event', 'eventNs'],
  ['send', 'sendNs'],
] as const

/** What the loops cost by themselves, by the number of connections: where look-ups show. */
export function dispatchLines(estimates: readonly DispatchEstimate[], names: SeriesNames): Chart[] {
  const alone = estimates.filter(({ consumers }) => consumers === 'one')
  const backends = names.filter(name => alone.some(({ backend }) => backend === name))
  const counts = [...new Set(alone.map(({ connections }) => connections))].sort((a, b) => a - b)
  if (counts.length < 2) return []
  return [
    {
      title: 'What a loop costs for each connection, by the number of connections',
      description: backends
        .map(name => `${name}: ${lineText(alone.filter(({ backend }) => backend === name))}`)
        .join('; '),
      notes: ['medians over fresh processes, without intervals; each panel has a scale of its own'],
      spec: {
        hconcat: costs.map(([name, field]) =>
          panelSpec(name, field, alone, backends, counts, names),
        ),
      },
    },
  ]
}

function panelSpec(
  title: string,
  field: (typeof costs)[number][1],
  estimates: readonly DispatchEstimate[],
  backends: readonly string[],
  counts: readonly number[],
  names: SeriesNames,
): Panel {
  const scales = seriesScales(names, backends)
  const values = estimates.map(one => ({
    backend: one.backend,
    colour: seriesOf(names, one.backend).colour,
    connections: one.connections,
    ns: one[field],
    text: `${one.backend}, ${one.connections} connections, ${title}: ${figure(one[field])} ns`,
  }))
  const legend = { title: null, orient: 'bottom' } as const
  const domain: number[] = [counts[0], counts[counts.length - 1]]
  const ticks: number[] = [...counts]
  const x = {
    field: 'connections',
    type: 'quantitative',
    scale: { type: 'log', domain, nice: false },
    axis: { title: 'connections', values: ticks, labelOverlap: false, format: 'd' },
  } as const
  const y = {
    field: 'ns',
    type: 'quantitative',
    scale: { zero: true },
    axis: { title: 'ns', tickCount: 4 },
  } as const
  return {
    title,
    width: 200,
    height: 150,
    data: { values },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 2, aria: false },
        encoding: {
          x,
          y,
          color: { field: 'backend', type: 'nominal', scale: scales.colour, legend },
          strokeDash: { field: 'backend', type: 'nominal', scale: scales.dash, legend },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 30, opacity: 1 },
        encoding: {
          x,
          y,
          color: { field: 'colour', type: 'nominal', scale: null },
          description: { field: 'text' },
        },
      },
    ],
  }
}

function lineText(estimates: readonly DispatchEstimate[]): string {
  return estimates
    .map(({ connections, pollNs, eventNs, sendNs }) => {
      const texts = [pollNs, eventNs, sendNs].map(figure)
      return `${connections} connections poll ${texts[0]}, event ${texts[1]}, send ${texts[2]} ns`
    })
    .join(', ')
}
