import type {
  Arm,
  Comparison,
  Estimate,
  Metric,
  Parameters,
  ProcessSample,
  ScenarioResult,
  Slice,
  WorkUnit,
} from './record.ts'
import {
  coreShare,
  costPerUnit,
  metrics,
  metricUnits,
  sliceCosts,
} from './statistics/cost-per-unit.ts'
import { drift } from './statistics/drift.ts'
import { hodgesLehmann } from './statistics/hodges-lehmann.ts'
import { median, medianInterval } from './statistics/median.ts'
import { minimumDetectableEffect } from './statistics/minimum-detectable-effect.ts'
import { pairedTInterval } from './statistics/student-t.ts'
import { trimmedMean } from './statistics/trimmed-mean.ts'
import { judge } from './statistics/verdict.ts'

/** One parameter set of one scenario, as it was measured. */
export interface Measured {
  scenario: string
  parameters: Parameters
  label: string
  unit: WorkUnit
  /** What a reader of the figures must know whatever they are. */
  caveats: string[]
  processes: readonly ProcessSample[]
}

export interface AnalyseOptions {
  /** Costs that differ by less count as equivalent. */
  marginPercent: number
}

export type Analysis = Pick<ScenarioResult, 'estimates' | 'comparisons'> & { warnings: string[] }

/**
 * What the samples of one scenario say: pure, so that it can be repeated on a stored record.
 *
 * The replicate is the process: each gives one figure per metric, and each round one difference of
 * logarithms, trimmed over its slice groups. The reference's logarithms are the means of those of A
 * and A′, which halves their noise and keeps the two interchangeable. Only rounds in which A, A′ and the other
 * process all completed count.
 */
export function analyse(measured: Measured, { marginPercent }: AnalyseOptions): Analysis {
  const subjects = subjectsOf(measured.processes)
  const held = backendsHeldUpByTheDriver(subjects)
  const estimates: Estimate[] = []
  const comparisons: Comparison[] = []
  for (const metric of metrics) {
    const able = metric === 'wall' ? subjects.filter(({ backend }) => !held.has(backend)) : subjects
    estimates.push(...able.flatMap(subject => estimateOf(subject, metric, measured.unit)))
    if (metric === 'cpu' || metric === 'wall') {
      comparisons.push(...compareAll(measured, able, metric, marginPercent))
    }
  }
  return { estimates, comparisons, warnings: warningsOf(measured, subjects, held, marginPercent) }
}

/** All processes of one backend in one role, over the rounds. */
interface Subject {
  backend: string
  arm: Arm
  processes: ProcessSample[]
}

/** In the order of their first appearance by role: A, A′, the others, the floor. */
function subjectsOf(processes: readonly ProcessSample[]): Subject[] {
  const roles: readonly Arm[] = ['A', "A'", 'B', 'floor']
  return roles.flatMap(arm => {
    const inRole = processes.filter(process => process.arm === arm)
    const backends = [...new Set(inRole.map(({ backend }) => backend))]
    return backends.map(backend => ({
      backend,
      arm,
      processes: inRole.filter(process => process.backend === backend),
    }))
  })
}

function estimateOf({ backend, arm, processes }: Subject, metric: Metric, unit: WorkUnit) {
  const costs = processes.flatMap(process => costPerUnit(process, metric, unit) ?? [])
  if (costs.length === 0) return []
  const estimate: Estimate = {
    backend,
    arm,
    metric,
    unit: metricUnits[unit],
    value: median(costs),
    ...medianInterval(costs),
    rounds: costs.length,
  }
  return [estimate]
}

/**
 * A/A′ first: an interval that excludes 0 shows that the run favoured one of two twins, which makes
 * every comparison of that metric invalid.
 */
function compareAll(
  measured: Measured,
  subjects: readonly Subject[],
  metric: 'cpu' | 'wall',
  marginPercent: number,
): Comparison[] {
  const a = subjects.find(({ arm }) => arm === 'A')
  if (a === undefined) return []
  const costs = (subject: Subject) => logCostsByRound(subject, metric, measured.unit)
  const compared = (
    kind: Comparison['kind'],
    backend: string,
    baseline: string,
    differences: number[],
  ): Comparison[] =>
    differences.length === 0
      ? []
      : [
          {
            kind,
            scenario: measured.scenario,
            parameters: measured.parameters,
            metric,
            unit: metricUnits[measured.unit],
            backend,
            baseline,
            ...concluded(differences, marginPercent),
          },
        ]

  const twin = subjects.find(({ arm }) => arm === "A'")
  const bias =
    twin === undefined
      ? []
      : compared('aa', a.backend, a.backend, differencesByRound(costs(twin), costs(a)))
  const reference = twin === undefined ? costs(a) : meanByRound(costs(a), costs(twin))
  const others = subjects.flatMap(subject => {
    if (subject.arm === 'B') {
      const differences = differencesByRound(costs(subject), reference)
      return compared('backend', subject.backend, a.backend, differences)
    }
    if (subject.arm === 'floor' && metric === 'cpu') {
      const differences = differencesByRound(reference, costs(subject))
      return compared('backend', a.backend, subject.backend, differences)
    }
    return []
  })
  const biased = bias.some(
    ({ low, high }) => low !== null && high !== null && (low > 1 || high < 1),
  )
  return [...bias, ...others].map(comparison => (biased ? invalidated(comparison) : comparison))
}

type Conclusion = Pick<
  Comparison,
  | 'ratio'
  | 'low'
  | 'high'
  | 'marginPercent'
  | 'verdict'
  | 'withinMargin'
  | 'reason'
  | 'rounds'
  | 'mdePercent'
>

/** From the differences of log costs, one per round, to what may be said about them. */
function concluded(differences: readonly number[], marginPercent: number): Conclusion {
  const rounds = differences.length
  const centre = hodgesLehmann(differences)
  const ratio = Math.exp(centre.estimate)
  const mdePercent = rounds < 2 ? null : 100 * Math.expm1(minimumDetectableEffect(differences))
  const found = { ratio, marginPercent, rounds, mdePercent }
  if (centre.state === 'too-few') {
    const reason = `${rounds} ${rounds === 1 ? 'round' : 'rounds'}; at least ${centre.needed} needed`
    return { ...found, low: null, high: null, verdict: 'inconclusive', withinMargin: false, reason }
  }
  return {
    ...found,
    low: Math.exp(centre.low),
    high: Math.exp(centre.high),
    ...judge(centre, pairedTInterval(differences), marginPercent),
  }
}

function invalidated(comparison: Comparison): Comparison {
  return { ...comparison, verdict: 'invalid', reason: 'A/A′ excludes 0, so the run was biased' }
}

/** Logarithms of a process's costs, slice group by slice group; rounds without a figure are missing. */
function logCostsByRound(subject: Subject, metric: Metric, unit: WorkUnit): CostsByRound {
  const byRound: CostsByRound = new Map()
  for (const process of subject.processes) {
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

type CostsByRound = Map<number, number[]>

/**
 * One difference per round: that of each slice group, trimmed. The slices of a group ran within
 * some tens of milliseconds, so what slowed the machine down for longer than that cancels.
 */
function differencesByRound(of: CostsByRound, from: CostsByRound): number[] {
  return [...inBoth(of, from)].map(([, costs, baseline]) =>
    trimmedMean(costs.map((cost, group) => cost - baseline[group])),
  )
}

function meanByRound(one: CostsByRound, other: CostsByRound): CostsByRound {
  return new Map(
    [...inBoth(one, other)].map(([round, a, b]) => [round, a.map((x, i) => (x + b[i]) / 2)]),
  )
}

function* inBoth(
  one: CostsByRound,
  other: CostsByRound,
): Generator<[round: number, one: number[], other: number[]]> {
  for (const [round, costs] of one) {
    const counterpart = other.get(round)
    if (counterpart?.length === costs.length) yield [round, costs, counterpart]
  }
}

/**
 * Where the driver's core was busy and the subject's was not, elapsed time measures the driver: no
 * wall figure is given for those backends.
 */
function backendsHeldUpByTheDriver(subjects: readonly Subject[]): Set<string> {
  const busy = 0.9
  const held = subjects.filter(subject => {
    const slices = slicesOf(subject)
    return coreShare(slices, 'driverCpu') >= busy && coreShare(slices, 'cpu') < busy
  })
  return new Set(held.map(({ backend }) => backend))
}

function slicesOf({ processes }: Subject): Slice[] {
  return processes.flatMap(({ outcome }) => (outcome.state === 'completed' ? outcome.slices : []))
}

function warningsOf(
  { scenario, label, unit, caveats }: Measured,
  subjects: readonly Subject[],
  held: ReadonlySet<string>,
  marginPercent: number,
): string[] {
  const warnings = [
    ...caveats,
    ...[...held].map(
      backend => `${backend}: the driver was the bottleneck, so no wall time is given`,
    ),
    ...differenceWarnings(subjects, unit, marginPercent),
    ...subjects.flatMap(subject => [...inexactWarning(subject), ...gapWarning(subject, unit)]),
    ...(subjects.some(({ arm }) => arm === "A'") ? [] : ['no A/A′ pair ran: bias was not checked']),
  ]
  return warnings.map(warning => `${scenario} (${label}), ${warning}`)
}

/**
 * Two checks of what the trimmed difference of each backend rests on: that it did not move while the
 * slices ran, and that the slices it drops do not say something else.
 */
function differenceWarnings(
  subjects: readonly Subject[],
  unit: WorkUnit,
  marginPercent: number,
): string[] {
  const costsOf = (arm: Arm) => {
    const subject = subjects.find(one => one.arm === arm)
    return subject === undefined ? undefined : logCostsByRound(subject, 'cpu', unit)
  }
  const [a, twin] = [costsOf('A'), costsOf("A'")]
  if (a === undefined || twin === undefined) return []
  const reference = meanByRound(a, twin)
  return subjects
    .filter(({ arm }) => arm === 'B')
    .flatMap(subject => {
      const rounds = [...inBoth(logCostsByRound(subject, 'cpu', unit), reference)]
      const series = rounds.map(([, costs, base]) => costs.map((cost, i) => cost - base[i]))
      if (series.length === 0) return []
      const moved = certainPercent(
        series.map(d => drift(d.map(Math.exp))),
        marginPercent,
      )
      const trimmed = series.map(d => trimmedMean(d))
      const hidden = certainPercent(
        series.map((d, round) => trimmedMean(d, 0) - trimmed[round]),
        marginPercent,
      )
      const { backend } = subject
      return [
        moved === undefined
          ? []
          : [
              `${backend}: its CPU difference moved by ${signed(moved)} from the first third of the ` +
                'slices to the last; the warm-up was too short, or the work changes',
            ],
        hidden === undefined
          ? []
          : [
              `${backend}: over all slices its CPU difference is ${signed(hidden)} away from what the ` +
                "trimmed one says: bursts (V8's compiler and collector, neighbours) hit it unevenly",
            ],
      ].flat()
    })
}

/** What the logarithms, one per round, amount to: if it is certainly not 0, and above the margin. */
function certainPercent(logs: readonly number[], marginPercent: number): number | undefined {
  const centre = hodgesLehmann(logs)
  const percent = percentOf(centre.estimate)
  if (centre.state === 'too-few' || Math.abs(percent) <= marginPercent) return undefined
  return centre.low > 0 || centre.high < 0 ? percent : undefined
}

function percentOf(logRatio: number): number {
  return 100 * Math.expm1(logRatio)
}

function signed(percent: number): string {
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`
}

function inexactWarning(subject: Subject): string[] {
  const slices = slicesOf(subject)
  const share = slices.filter(({ exact }) => !exact).length / slices.length
  if (!(share > 0.05)) return []
  const percent = (100 * share).toFixed(0)
  return [
    `${nameOf(subject)}: in ${percent} % of its slices a thread still ran when CPU time was read`,
  ]
}

function gapWarning(subject: Subject, unit: WorkUnit): string[] {
  const started = subject.processes.length
  const missing = subject.processes.filter(p => costPerUnit(p, 'cpu', unit) === null).length
  if (missing === 0) return []
  return [
    `${nameOf(subject)}: ${missing} of ${started} processes gave no figure; ` +
      'comparisons leave those rounds out',
  ]
}

function nameOf({ backend, arm }: Subject): string {
  return arm === "A'" ? `${backend} (A′)` : backend
}
