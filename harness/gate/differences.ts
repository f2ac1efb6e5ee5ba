import { differencesByRound, type LogsByRound } from '../analysis/comparisons.ts'
import { sliceLogs } from '../analysis/costs.ts'
import { summariesOf } from '../analysis/latencies.ts'
import { type SubjectSamples, subjectsOf } from '../analysis/subjects.ts'
import type { GatedMetric } from '../configuration/define-config.ts'
import type { ProcessSample, ScenarioResult } from '../record.ts'
import { costPerUnit } from '../statistics/cost-per-unit.ts'

/** Differences of logarithms, one for each round in which all that they need have a figure. */
export interface Differences {
  /** The head from the base, which is A and A′. */
  readonly head: number[]
  /** A′ from A. */
  readonly aa: number[]
}

/** Those that the record's own intervals are drawn from; none where it compares no such figures. */
export function differencesOf(result: ScenarioResult, metric: GatedMetric): Differences {
  const isCompared = result.comparisons.some(
    one => one.kind === 'revision' && one.metric === metric,
  )
  const subjects = subjectsOf(result.processes)
  const a = subjects.find(({ arm }) => arm === 'A')
  const twin = subjects.find(({ arm }) => arm === "A'")
  const head = subjects.find(one => one.revision !== a?.revision && one.loops === a?.loops)
  if (!isCompared || a === undefined || twin === undefined || head === undefined) {
    return { head: [], aa: [] }
  }
  const [ofA, ofTwin, ofHead] = [a, twin, head].map(logsOf(result, metric))
  return {
    head: differencesByRound([ofHead], [ofA, ofTwin]),
    aa: differencesByRound([ofTwin], [ofA]),
  }
}

function logsOf(
  result: ScenarioResult,
  metric: GatedMetric,
): (subject: SubjectSamples) => LogsByRound {
  if (metric === 'cpu' || metric === 'wall') {
    const { lives, unit } = result
    return lives === 'together'
      ? subject => sliceLogs(subject, metric, unit)
      : subject => processLogs(subject, process => costPerUnit(process, metric, unit))
  }
  const summaries = summariesOf(result)
  const percentile = metric === 'latencyP50' ? 'p50' : 'p99'
  return subject => processLogs(subject, process => summaries.get(process)?.[percentile] ?? null)
}

/** Of one figure per process; null, and a latency of nothing, is none. */
function processLogs(
  { processes }: SubjectSamples,
  figureOf: (process: ProcessSample) => number | null,
): LogsByRound {
  return new Map(
    processes.flatMap(process => {
      const figure = figureOf(process)
      return figure === null || figure === 0 ? [] : [[process.round, [Math.log(figure)]] as const]
    }),
  )
}
