import { type Program, programsOf, runs } from '../program.ts'
import type { Comparison, Estimate, WorkUnit } from '../record.ts'
import {
  type CostMetric,
  coreShare,
  costMetrics,
  costPerUnit,
  costUnits,
  sliceCosts,
} from '../statistics/cost-per-unit.ts'
import type { Judging, Measured } from './analyse.ts'
import { compareAll, differencesOf, type LogsByRound, type RoundDifference } from './comparisons.ts'
import { estimateOf, type SubjectSamples, slicesOf } from './subjects.ts'

export interface CostAnalysis {
  estimates: Estimate[]
  comparisons: Comparison[]
  driverBound: Program[]
}

/** CPU and elapsed time per unit of work. */
export function analyseCosts(
  measured: Measured,
  subjects: readonly SubjectSamples[],
  judging: Judging,
): CostAnalysis {
  const { scenario, parameters, unit } = measured
  const costUnit = costUnits[unit]
  const paced = isPaced(subjects)
  const driverBound = paced ? [] : heldUpByTheDriver(subjects)
  const estimates: Estimate[] = []
  const comparisons: Comparison[] = []
  for (const metric of costMetrics) {
    const able =
      metric === 'wall'
        ? subjects.filter(one => !paced && !driverBound.some(bound => runs(bound, one)))
        : subjects
    estimates.push(
      ...able.flatMap(subject =>
        estimateOf(subject, metric, costUnit, process => costPerUnit(process, metric, unit)),
      ),
    )
    if (metric !== 'cpu' && metric !== 'wall') continue
    const logsOf = (subject: SubjectSamples) => costLogs(subject, metric, measured)
    const named = { scenario, parameters, metric, unit: costUnit }
    const comparing = { ...named, ...judging, withFloor: metric === 'cpu', logsOf }
    comparisons.push(...compareAll(able, comparing))
  }
  return { estimates, comparisons, driverBound }
}

/** The differences that a comparison of costs is made of. @param of one subject, or the two twins */
export function differencesOfRounds(
  measured: Pick<Measured, 'unit' | 'lives'>,
  metric: CostMetric,
  of: readonly SubjectSamples[],
  from: readonly SubjectSamples[],
): RoundDifference[] {
  const logsOf = (subject: SubjectSamples) => costLogs(subject, metric, measured)
  if (of.length === 0 || from.length === 0) return []
  return differencesOf(of.map(logsOf), from.map(logsOf))
}

/** What is compared: slice by slice where the subjects of a round lived together. */
function costLogs(
  subject: SubjectSamples,
  metric: CostMetric,
  { unit, lives }: Pick<Measured, 'unit' | 'lives'>,
): LogsByRound {
  return lives === 'together'
    ? sliceLogs(subject, metric, unit)
    : processLogs(subject, metric, unit)
}

/**
 * Whether units of work were started at intended moments, which only such load can be late for:
 * elapsed time is then that of the schedule.
 */
function isPaced(subjects: readonly SubjectSamples[]): boolean {
  return subjects.some(({ processes }) =>
    processes.some(
      ({ outcome }) => outcome.state === 'completed' && (outcome.latency?.lag ?? null) !== null,
    ),
  )
}

/** Where the driver's core was busy and the subject's was not, elapsed time measures the driver. */
function heldUpByTheDriver(subjects: readonly SubjectSamples[]): Program[] {
  const busy = 0.9
  const held = subjects.filter(subject => {
    const slices = slicesOf(subject)
    return coreShare(slices, 'driverCpu') >= busy && coreShare(slices, 'cpu') < busy
  })
  return programsOf(held)
}

/** Slice group by slice group. */
export function sliceLogs(
  { processes }: SubjectSamples,
  metric: CostMetric,
  unit: WorkUnit,
): LogsByRound {
  const byRound: LogsByRound = new Map()
  for (const process of processes) {
    if (costPerUnit(process, metric, unit) === null) continue
    if (process.outcome.state === 'failed') continue
    const slices = process.outcome.slices.toSorted((one, other) => one.group - other.group)
    byRound.set(
      process.round,
      sliceCosts(slices, metric, unit).map(cost => Math.log(cost)),
    )
  }
  return byRound
}

/** Slices of subjects that lived one after the other have nothing to do with each other. */
function processLogs(
  { processes }: SubjectSamples,
  metric: CostMetric,
  unit: WorkUnit,
): LogsByRound {
  return new Map(
    processes.flatMap(process => {
      const cost = costPerUnit(process, metric, unit)
      return cost === null ? [] : [[process.round, [Math.log(cost)]] as const]
    }),
  )
}
