import type { Parameters, ProcessSample, ScenarioResult, Schedule, WorkUnit } from '../record.ts'
import { type Look, plannedLooks, type Rounds } from '../statistics/sequential.ts'
import { analyseCosts } from './costs.ts'
import { analyseIdleness } from './idleness.ts'
import { analyseLatencies } from './latencies.ts'
import { subjectsOf } from './subjects.ts'
import { warningsOf } from './warnings.ts'

/** One parameter set of one scenario, as it was measured. */
export interface Measured {
  scenario: string
  parameters: Parameters
  label: string
  unit: WorkUnit
  /** What a reader of the figures must know whatever they are. */
  caveats: string[]
  lives: ScenarioResult['lives']
  /** How many latencies may have one wait in common. */
  samplesTogether: number
  schedule: Schedule
  processes: readonly ProcessSample[]
}

export interface AnalyseOptions {
  /** Costs that differ by less count as equivalent. */
  marginPercent: number
  /** Of what is being measured, whether more may come. */
  roundsAre: Rounds
}

/** How every comparison of a result is judged. */
export interface Judging extends AnalyseOptions {
  looks: readonly Look[]
}

/** Everything in a result that can be concluded anew. */
export type Conclusions = Pick<
  ScenarioResult,
  'estimates' | 'comparisons' | 'waits' | 'driverBound' | 'latencyInvalid'
>

export interface Analysis {
  conclusions: Conclusions
  warnings: string[]
}

/**
 * What the samples of one scenario say: pure, so that it can be repeated on a stored record.
 *
 * The replicate is the process: each gives one figure per metric, and each round one difference of
 * logarithms; of costs, where subjects lived together, trimmed over the slice groups. The reference's
 * logarithms are the means of those of A and A′, which halves their noise and keeps the two
 * interchangeable. Only rounds in which A, A′ and the other process all completed count.
 */
export function analyse(measured: Measured, options: AnalyseOptions): Analysis {
  const subjects = subjectsOf(measured.processes)
  const { looks, boundary } = measured.schedule
  const judging = { ...options, looks: plannedLooks(looks, boundary) }
  const costs = analyseCosts(measured, subjects, judging)
  const { driverBound } = costs
  const latencies = analyseLatencies(measured, subjects, driverBound, judging)
  const { waits, latencyInvalid } = latencies
  const findings = { driverBound, latencyInvalid }
  return {
    conclusions: {
      estimates: [...costs.estimates, ...latencies.estimates, ...analyseIdleness(subjects)],
      comparisons: [...costs.comparisons, ...latencies.comparisons],
      waits,
      ...findings,
    },
    warnings: warningsOf(measured, subjects, findings, options.marginPercent),
  }
}
