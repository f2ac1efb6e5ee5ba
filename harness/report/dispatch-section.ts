import type { DispatchEstimate, DispatchPrediction, DispatchResult } from '../dispatch/record.ts'
import type { ScenarioResult } from '../record.ts'
import type { Section } from './model.ts'
import { change, figure } from './quantities.ts'
import { absent, figureTable, type Table } from './table.ts'

/** What the loops cost over sockets in memory, and what that predicts for the other scenarios. */
export function dispatchSection(
  result: DispatchResult,
  scenarios: readonly ScenarioResult[],
): Section {
  return {
    title: 'dispatch: loop and handler over sockets in memory, ns per connection',
    tables: [costTable(result.estimates), ...predictionTable(result.predictions, scenarios)],
    forest: [],
    dispatch: result,
    sentences: [
      'poll: polled for, nothing occurred; event: a message received, on top of that; send: a message ' +
        'handled and answered; three consumers: the loop has served a web server and a message source, too',
      ...(result.predictions.length === 0
        ? []
        : [
            "predicted: the reference's counts there times what each costs more in P2P's loop; with brackets: " +
              'smallest and largest of the rounds; differences below a few per cent are within its noise',
          ]),
    ],
  }
}

function costTable(estimates: readonly DispatchEstimate[]): Table {
  const head = [
    'backend',
    'connections',
    'poll',
    'event',
    'send',
    '3 consumers: poll',
    'event',
    'send',
    'look-ups',
    'maps/iteration',
    'garbage, bytes',
  ]
  const alone = estimates.filter(({ consumers }) => consumers === 'one')
  const rows = alone.map(one => {
    const among = estimates.find(
      other =>
        other.consumers === 'all' &&
        other.backend === one.backend &&
        other.connections === one.connections,
    )
    return [
      one.backend,
      String(one.connections),
      ...[one.pollNs, one.eventNs, one.sendNs].map(figure),
      ...[among?.pollNs, among?.eventNs, among?.sendNs].map(ns =>
        ns === undefined ? absent : figure(ns),
      ),
      [one.lookupsPerPoll, one.lookupsPerEvent, one.lookupsPerSend].map(figure).join(' + '),
      figure(one.collectionsPerIteration),
      [one.pollBytes, one.eventBytes, one.sendBytes].map(figure).join(' + '),
    ]
  })
  return figureTable(head, rows)
}

/** Nothing where no scenario was measured in the same run. */
function predictionTable(
  predictions: readonly DispatchPrediction[],
  scenarios: readonly ScenarioResult[],
): Table[] {
  if (predictions.length === 0) return []
  const rows = predictions.map(({ scenario, label, backend, baseline, predictedPercent, ...p }) => [
    `${scenario}: ${label}`,
    backend,
    String(p.connections),
    change(asRatio(predictedPercent), asRatio(p.low), asRatio(p.high)),
    measuredChange(scenarios, scenario, label, backend, baseline),
  ])
  const head = [
    'CPU against the reference',
    'backend',
    'connections',
    'predicted',
    'measured [95 %]',
  ]
  return [figureTable(head, rows)]
}

function asRatio(percent: number): number {
  return 1 + percent / 100
}

function measuredChange(
  scenarios: readonly ScenarioResult[],
  scenario: string,
  label: string,
  backend: string,
  baseline: string,
): string {
  const result = scenarios.find(one => one.scenario === scenario && one.label === label)
  const loops = result?.processes.find(({ arm }) => arm === 'A')?.loops
  const found = result?.comparisons.find(
    c =>
      c.kind === 'backend' &&
      c.metric === 'cpu' &&
      c.backend === backend &&
      c.loops === loops &&
      c.baseline === baseline,
  )
  return found === undefined ? absent : change(found.ratio, found.low, found.high)
}
