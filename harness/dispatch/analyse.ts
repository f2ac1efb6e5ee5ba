import { consumerMixes } from '../../scenarios/dispatch/isolate-protocol.ts'
import type { ProcessSample, ScenarioResult } from '../record.ts'
import { costPerUnit } from '../statistics/cost-per-unit.ts'
import { median } from '../statistics/median.ts'
import type {
  DispatchEstimate,
  DispatchPrediction,
  DispatchProcess,
  DispatchResult,
} from './record.ts'

type Cost = Omit<DispatchEstimate, 'backend' | 'consumers' | 'rounds'>

/** Pure, so that it can be repeated on a stored record. */
export function analyseDispatch(
  processes: DispatchProcess[],
  scenarios: readonly ScenarioResult[],
): DispatchResult {
  return {
    processes,
    estimates: estimatesOf(processes),
    predictions: scenarios.flatMap(scenario => predictionsFor(scenario, processes)),
  }
}

function estimatesOf(processes: readonly DispatchProcess[]): DispatchEstimate[] {
  const backends = [...new Set(processes.map(({ backend }) => backend))]
  const kinds = backends.flatMap(backend =>
    consumerMixes.map(consumers => ({ backend, consumers })),
  )
  return kinds.flatMap(({ backend, consumers }) => {
    const runs = processes
      .filter(process => process.backend === backend && process.consumers === consumers)
      .flatMap(completedCosts)
    if (runs.length === 0) return []
    return runs[0].map((_, i) => ({
      backend,
      consumers,
      rounds: runs.length,
      ...medianCost(runs.map(costs => costs[i])),
    }))
  })
}

function completedCosts({ outcome }: DispatchProcess): Cost[][] {
  return outcome.state === 'completed' ? [outcome.costs] : []
}

function medianCost(costs: readonly Cost[]): Cost {
  const names = Object.keys(costs[0]) as (keyof Cost)[]
  return Object.fromEntries(
    names.map(name => [name, median(costs.map(cost => cost[name]))]),
  ) as Cost
}

/** The loop measured is P2P's, with a message received in each event: of these two kinds of load it says something. */
const predicted = ['ibd', 'http']

/**
 * What the reference does per unit of work (connections polled, chunks received, messages sent by
 * handlers, as counted there), times what each of these costs more in a backend, against the
 * reference's measured CPU. One figure per round of dispatch. Not for a loop that spins.
 */
function predictionsFor(
  { scenario, label, unit, parameters, processes }: ScenarioResult,
  dispatched: readonly DispatchProcess[],
): DispatchPrediction[] {
  if (!predicted.includes(scenario) || parameters.mode === 'pollout') return []
  const firstLoops = processes.filter(({ loops }) => loops !== 'each')
  const reference = firstLoops.filter(({ arm }) => arm === 'A' || arm === "A'")
  const baseline = reference[0]?.backend
  const counts = eventsPerUnit(reference, unit)
  const cpuPerUnit = reference.flatMap(process => costPerUnit(process, 'cpu', unit) ?? [])
  if (baseline === undefined || counts === null || cpuPerUnit.length === 0) return []
  const cpuNs = median(cpuPerUnit) * (unit === 'GB' ? 1e9 : 1)
  const wanted = Number(parameters.peers ?? parameters.connections ?? 1)
  const others = [...new Set(firstLoops.filter(p => p.arm === 'B').map(p => p.backend))]
  return others.flatMap(backend => {
    const rounds = roundsOfBoth(dispatched, backend, baseline, wanted)
    if (rounds.length === 0) return []
    const percents = rounds.map(
      ({ of, from }) => (100 * (totalNs(of, counts) - totalNs(from, counts))) / cpuNs,
    )
    const { connections } = rounds[0].of
    return [
      {
        scenario,
        label,
        backend,
        baseline,
        connections,
        predictedPercent: median(percents),
        low: Math.min(...percents),
        high: Math.max(...percents),
      },
    ]
  })
}

/** Of the reference, since a difference in counts is noise, or another effect than dispatch. */
interface EventsPerUnit {
  polled: number
  received: number
  sent: number
}

function totalNs(cost: Cost, { polled, received, sent }: EventsPerUnit): number {
  return polled * cost.pollNs + received * cost.eventNs + sent * cost.sendNs
}

function eventsPerUnit(
  processes: readonly ProcessSample[],
  unit: ScenarioResult['unit'],
): EventsPerUnit | null {
  let [units, polled, received, sent] = [0, 0, 0, 0]
  for (const { outcome } of processes) {
    if (outcome.state === 'failed') continue
    const { counters, countedUnits } = outcome
    units += unit === 'GB' ? countedUnits.bytes / 1e9 : countedUnits.messages
    polled += counters.waitSetEntries ?? 0
    received += counters['syscall.recv'] ?? 0
    sent += counters.messagesSent ?? 0
  }
  if (units === 0) return null
  return { polled: polled / units, received: received / units, sent: sent / units }
}

/** Of processes that saw one kind of consumer, as the subjects of a scenario do. */
function roundsOfBoth(
  dispatched: readonly DispatchProcess[],
  backend: string,
  baseline: string,
  connections: number,
): { of: Cost; from: Cost }[] {
  const costIn = (round: number, name: string) =>
    dispatched
      .filter(p => p.round === round && p.backend === name && p.consumers === 'one')
      .flatMap(completedCosts)
      .map(costs => nearest(costs, connections))[0]
  const rounds = [...new Set(dispatched.map(({ round }) => round))]
  return rounds.flatMap(round => {
    const [of, from] = [costIn(round, backend), costIn(round, baseline)]
    return of === undefined || from === undefined ? [] : [{ of, from }]
  })
}

/** By ratio, since costs change with the order of magnitude. */
function nearest(costs: readonly Cost[], connections: number): Cost {
  const distance = (cost: Cost) => Math.abs(Math.log(cost.connections / connections))
  return costs.toSorted((one, other) => distance(one) - distance(other))[0]
}
