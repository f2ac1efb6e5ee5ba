import type { LatencyHistogram, LatencySummary } from '../../scenarios/latency/histogram.ts'
import { detectWaits } from '../../scenarios/latency/wait-detector.ts'
import { readMerged } from '../latency.ts'
import { type Program, programName, programsOf, runs } from '../program.ts'
import type {
  Comparison,
  Estimate,
  LatencySample,
  ProcessSample,
  ScenarioResult,
} from '../record.ts'
import type { Judging, Measured } from './analyse.ts'
import { compareAll, type LogsByRound } from './comparisons.ts'
import { estimateOf, type SubjectSamples } from './subjects.ts'

export interface LatencyAnalysis {
  estimates: Estimate[]
  comparisons: Comparison[]
  waits: ScenarioResult['waits']
  latencyInvalid: string | null
}

const percentiles = [
  ['latencyP50', 'p50'],
  ['latencyP90', 'p90'],
  ['latencyP99', 'p99'],
  ['latencyP999', 'p999'],
] as const

/**
 * Percentiles of each process, and what the 50 ms detector says of all processes of a backend. A
 * percentile that a process has too few samples for is not given. Where the driver was the
 * bottleneck, nothing is compared: in a closed loop, latency is then the driver's time for the other
 * requests in flight.
 */
export function analyseLatencies(
  measured: Measured,
  subjects: readonly SubjectSamples[],
  driverBound: readonly Program[],
  judging: Judging,
): LatencyAnalysis {
  const { scenario, parameters } = measured
  const latencyInvalid = lagProblem(measured)
  if (latencyInvalid !== null) return { estimates: [], comparisons: [], waits: [], latencyInvalid }
  const summaries = summariesOf(measured)
  const comparable = subjects.filter(one => !driverBound.some(bound => runs(bound, one)))
  const estimates: Estimate[] = []
  const comparisons: Comparison[] = []
  for (const [metric, percentile] of percentiles) {
    const figureOf = (process: ProcessSample) => microseconds(summaries.get(process)?.[percentile])
    estimates.push(...subjects.flatMap(subject => estimateOf(subject, metric, 'µs', figureOf)))
    if (metric !== 'latencyP50' && metric !== 'latencyP99') continue
    const logsOf = ({ processes }: SubjectSamples): LogsByRound =>
      new Map(
        processes.flatMap(process => {
          const figure = figureOf(process)
          return figure === null || figure === 0 ? [] : [[process.round, [Math.log(figure)]]]
        }),
      )
    const named = { scenario, parameters, metric, unit: 'µs' } as const
    const comparing = { ...named, ...judging }
    comparisons.push(...compareAll(comparable, { ...comparing, withFloor: false, logsOf }))
  }
  estimates.push(...subjects.flatMap(subject => maximumOf(subject, summaries)))
  return { estimates, comparisons, waits: waitsOf(measured), latencyInvalid }
}

type Summaries = ReadonlyMap<ProcessSample, LatencySummary>

export function summariesOf(measured: Measured): Summaries {
  const { processes } = measured
  return new Map(
    processes.flatMap(process =>
      latenciesOf([process]).map(
        ({ histogram }) =>
          [
            process,
            readMerged([histogram], merged => merged.percentiles(copiesOfOne(measured))),
          ] as const,
      ),
    ),
  )
}

/** The longest of all processes: a median of longest ones would hide it. */
function maximumOf(
  { backend, loops, revision, arm, processes }: SubjectSamples,
  summaries: Summaries,
): Estimate[] {
  const longest = processes.flatMap(process => microseconds(summaries.get(process)?.max) ?? [])
  if (longest.length === 0) return []
  const [low, high] = [Math.min(...longest), Math.max(...longest)]
  const named = {
    backend,
    loops,
    revision,
    arm,
    metric: 'latencyMax',
    unit: 'µs',
    interval: 'range',
  } as const
  return [{ ...named, value: high, low, high, rounds: longest.length }]
}

function microseconds(ns: number | null | undefined): number | null {
  return ns === null || ns === undefined ? null : ns / 1000
}

/**
 * A push reaches all its subscribers with the same delay, more or less, so its copies count once. Of
 * requests in flight that is so only while something waits, which the detector has to reckon with.
 */
export function copiesOfOne({
  unit,
  samplesTogether,
}: Pick<Measured, 'unit' | 'samplesTogether'>): number {
  return unit === 'message' ? samplesTogether : 1
}

/** A and A′ together. */
function waitsOf({ processes, samplesTogether }: Measured): ScenarioResult['waits'] {
  return byProgram(processes).flatMap(([program, itsProcesses]) => {
    const histograms = latenciesOf(itsProcesses).map(({ histogram }) => histogram)
    if (histograms.length === 0) return []
    const verdict = readMerged(histograms, merged =>
      detectWaits(merged, merged.count / samplesTogether),
    )
    return [{ ...program, verdict }]
  })
}

/**
 * Lag below this is no news. A send(2) over loopback takes 5 to 10 µs, for which whatever is due
 * meanwhile waits: for one at p50, for a few at p90. At p99 the scheduler takes the CPU away for a
 * moment now and then.
 */
const LAG_FLOOR_NS = { p50: 10e3, p90: 50e3, p99: 250e3 }
/** Of the latency at the same percentile. */
const LAG_SHARE = 0.1

/**
 * Why a driver that set the pace was too late for its latencies to mean much: where, for any backend,
 * its lag is more than a tenth of the latency, and more than 10 µs at p50, 50 µs at p90 or 250 µs at
 * p99.
 */
function lagProblem(measured: Measured): string | null {
  const { processes } = measured
  const percentilesOf = (merged: LatencyHistogram) => merged.percentiles(copiesOfOne(measured))
  for (const [program, itsProcesses] of byProgram(processes)) {
    const samples = latenciesOf(itsProcesses)
    const lags = samples.flatMap(({ lag }) => (lag?.of === 'driver' ? [lag.histogram] : []))
    if (lags.length === 0) continue
    const lag = readMerged(lags, percentilesOf)
    const latency = readMerged(
      samples.map(({ histogram }) => histogram),
      percentilesOf,
    )
    for (const at of ['p50', 'p90', 'p99'] as const) {
      const [late, taken] = [lag[at], latency[at]]
      if (late === null || taken === null) continue
      if (late <= LAG_FLOOR_NS[at] || late <= LAG_SHARE * taken) continue
      const [lateUs, takenUs] = [late, taken].map(ns => Math.round(ns / 1000))
      return (
        `the load of ${programName(program)} was itself late: ${at} of its lag is ${lateUs} µs, ` +
        `of the latency ${takenUs} µs`
      )
    }
  }
  return null
}

function byProgram(processes: readonly ProcessSample[]): [Program, ProcessSample[]][] {
  return programsOf(processes).map(program => [
    program,
    processes.filter(process => runs(process, program)),
  ])
}

function latenciesOf(processes: readonly ProcessSample[]): LatencySample[] {
  return processes.flatMap(({ outcome }) =>
    outcome.state === 'completed' && outcome.latency !== null ? [outcome.latency] : [],
  )
}
