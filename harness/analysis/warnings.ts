import { type Program, programName } from '../program.ts'
import type { WorkUnit } from '../record.ts'
import { autocorrelation } from '../statistics/autocorrelation.ts'
import { costPerUnit } from '../statistics/cost-per-unit.ts'
import { drift } from '../statistics/drift.ts'
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'
import { trend } from '../statistics/trend.ts'
import type { Measured } from './analyse.ts'
import { differencesByRound, inBoth, meanByRound, pairsOf } from './comparisons.ts'
import { sliceLogs } from './costs.ts'
import { type SubjectSamples, slicesOf } from './subjects.ts'

/** What was found about the whole workload, besides figures. */
interface Findings {
  driverBound: readonly Program[]
  latencyInvalid: string | null
}

/** What a reader must know beside the figures, each in one line that starts with the workload. */
export function warningsOf(
  { scenario, label, unit, caveats }: Measured,
  subjects: readonly SubjectSamples[],
  { driverBound, latencyInvalid }: Findings,
  marginPercent: number,
): string[] {
  const givesLatency = subjects.some(hasLatency)
  const warnings = [
    ...caveats,
    ...(latencyInvalid === null ? [] : [`${latencyInvalid}; so no latency is given`]),
    ...driverBound.map(
      program =>
        `${programName(program)}: the driver was the bottleneck, so no wall time is given` +
        (givesLatency
          ? ", and its latencies, which are mostly the driver's, are not compared"
          : ''),
    ),
    ...differenceWarnings(subjects, unit, marginPercent),
    ...subjects.flatMap(subject => [...inexactWarning(subject), ...gapWarning(subject, unit)]),
    ...(subjects.some(({ arm }) => arm === "A'") ? [] : ['no A/A′ pair ran: bias was not checked']),
  ]
  return warnings.map(warning => `${scenario} (${label}), ${warning}`)
}

function hasLatency({ processes }: SubjectSamples): boolean {
  return processes.some(({ outcome }) => outcome.state === 'completed' && outcome.latency !== null)
}

/**
 * Three checks of what the trimmed difference of each backend rests on: that rounds do not follow each
 * other's example, that it did not move while the slices ran, and that the slices it drops do not say
 * something else.
 */
function differenceWarnings(
  subjects: readonly SubjectSamples[],
  unit: WorkUnit,
  marginPercent: number,
): string[] {
  const costsOf = (subject: SubjectSamples) => sliceLogs(subject, 'cpu', unit)
  const twin = subjects.find(({ arm }) => arm === "A'")
  if (twin === undefined) return []
  const meanCosts = (subject: SubjectSamples) =>
    subject.arm === 'A' ? meanByRound(costsOf(subject), costsOf(twin)) : costsOf(subject)
  const bothTwins = (subject: SubjectSamples) =>
    (subject.arm === 'A' ? [subject, twin] : [subject]).map(costsOf)
  return pairsOf(subjects)
    .filter(({ baseline }) => baseline.arm !== 'floor')
    .flatMap(({ kind, subject, baseline }) => {
      const rounds = [...inBoth(costsOf(subject), meanCosts(baseline))]
      const series = rounds.map(([, costs, base]) => costs.map((cost, i) => cost - base[i]))
      if (series.length === 0) return []
      const moved = certainPercent(
        series.map(d => drift(d.map(Math.exp))),
        marginPercent,
      )
      const differences = (trimmedShare?: number) =>
        differencesByRound([costsOf(subject)], bothTwins(baseline), trimmedShare)
      const trimmed = differences()
      const related = relation(trimmed, marginPercent)
      const hidden = certainPercent(
        differences(0).map((untrimmed, round) => untrimmed - trimmed[round]),
        marginPercent,
      )
      const name = programName(subject)
      const difference =
        kind === 'loops' ? `CPU difference from ${programName(baseline)}` : 'CPU difference'
      return [
        related === undefined
          ? []
          : [
              `${name}: its ${difference} ${related} from round to round: rounds are not independent, ` +
                'and the interval may be too narrow',
            ],
        moved === undefined
          ? []
          : [
              `${name}: its ${difference} moved by ${signed(moved)} from the first third of the ` +
                'slices to the last; the warm-up was too short, or the work changes',
            ],
        hidden === undefined
          ? []
          : [
              `${name}: over all slices its ${difference} is ${signed(hidden)} away from what the ` +
                "trimmed one says: bursts (V8's compiler and collector, neighbours) hit it unevenly",
            ],
      ].flat()
    })
}

/** How a series of differences, one per round, is not what independent rounds would give. */
function relation(differences: readonly number[], marginPercent: number): string | undefined {
  const range = Math.max(...differences) - Math.min(...differences)
  if (range < Math.log1p(marginPercent / 100) / 10) return undefined
  const steady = trend(differences)
  if (steady.state === 'tested' && steady.p < CHANCE) return steady.tau > 0 ? 'rises' : 'falls'
  const alike = autocorrelation(differences)
  if (alike.state === 'tested' && alike.p < CHANCE) return 'is alike'
  return undefined
}

/** So improbable among independent rounds that it is worth a warning. */
const CHANCE = 0.01

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

function inexactWarning(subject: SubjectSamples): string[] {
  const slices = slicesOf(subject)
  const share = slices.filter(({ exact }) => !exact).length / slices.length
  if (!(share > 0.05)) return []
  const percent = (100 * share).toFixed(0)
  return [
    `${nameOf(subject)}: in ${percent} % of its slices a thread still ran when CPU time was read`,
  ]
}

function gapWarning(subject: SubjectSamples, unit: WorkUnit): string[] {
  const started = subject.processes.length
  const missing = subject.processes.filter(p => costPerUnit(p, 'cpu', unit) === null).length
  if (missing === 0) return []
  return [
    `${nameOf(subject)}: ${missing} of ${started} processes gave no figure; ` +
      'comparisons leave those rounds out',
  ]
}

function nameOf(subject: SubjectSamples): string {
  const name = programName(subject)
  return subject.arm === "A'" ? `${name} (A′)` : name
}
