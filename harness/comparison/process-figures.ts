import { summariesOf } from '../analysis/latencies.ts'
import { type Program, programsOf, runs } from '../program.ts'
import type { Metric, MetricUnit, ProcessSample, ScenarioResult } from '../record.ts'
import { costPerUnit } from '../statistics/cost-per-unit.ts'

/** What records are compared by. */
const metrics = ['cpu', 'wall', 'latencyP50', 'latencyP99'] as const satisfies readonly Metric[]
type ComparedMetric = (typeof metrics)[number]

/** One metric of one program in one workload of a record. */
export interface Figures extends Program {
  result: ScenarioResult
  metric: ComparedMetric
  unit: MetricUnit
  /** Logarithms, one for each round: of A and A′, which share theirs, the mean. */
  logs: number[]
}

/**
 * Where the record gives an estimate: without one, its analysis found the figure to mean nothing. Where
 * the driver was the bottleneck, time is the driver's, and CPU alone is the program's.
 */
export function figuresOf(result: ScenarioResult): Figures[] {
  const figureOf = figuresByMetric(result)
  return programsOf(result.processes).flatMap(program =>
    metricsOf(result, program).flatMap(metric => {
      const estimate = result.estimates.find(one => one.metric === metric && runs(one, program))
      if (estimate === undefined) return []
      const processes = result.processes.filter(process => runs(process, program))
      const logs = logsByRound(processes, process => figureOf(process, metric))
      return logs.length === 0 ? [] : [{ ...program, result, metric, unit: estimate.unit, logs }]
    }),
  )
}

function metricsOf({ driverBound }: ScenarioResult, program: Program): readonly ComparedMetric[] {
  return driverBound.some(bound => runs(bound, program)) ? ['cpu'] : metrics
}

type FigureOf = (process: ProcessSample, metric: ComparedMetric) => number | null

function figuresByMetric(result: ScenarioResult): FigureOf {
  const summaries = summariesOf(result)
  return (process, metric) => {
    switch (metric) {
      case 'cpu':
      case 'wall':
        return costPerUnit(process, metric, result.unit)
      case 'latencyP50':
        return summaries.get(process)?.p50 ?? null
      case 'latencyP99':
        return summaries.get(process)?.p99 ?? null
    }
  }
}

/** A round counts where each of the program's processes in it completed. */
function logsByRound(
  processes: readonly ProcessSample[],
  figureOf: (process: ProcessSample) => number | null,
): number[] {
  const rounds = [...new Set(processes.map(({ round }) => round))]
  return rounds.flatMap(round => {
    const ofRound = processes.filter(process => process.round === round)
    const logs = ofRound.flatMap(process => {
      const figure = figureOf(process)
      return figure === null || figure <= 0 ? [] : [Math.log(figure)]
    })
    if (logs.length < ofRound.length) return []
    return [logs.reduce((sum, log) => sum + log, 0) / logs.length]
  })
}
