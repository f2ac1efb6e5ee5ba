import { type Program, runs } from '../program.ts'
import type { Comparison, Metric, MetricUnit, Parameters } from '../record.ts'
import { minimumDetectableEffect, roundsFor } from '../statistics/minimum-detectable-effect.ts'
import { concludeSequentially, type Look, type Rounds } from '../statistics/sequential.ts'
import { meanAndDeviation } from '../statistics/student-t.ts'
import { trimmedMean } from '../statistics/trimmed-mean.ts'
import type { SubjectSamples } from './subjects.ts'

/** What is compared, and how. */
export interface Comparing {
  scenario: string
  parameters: Parameters
  metric: Metric
  unit: MetricUnit
  marginPercent: number
  looks: readonly Look[]
  roundsAre: Rounds
  /** Whether the reference is compared with the floor, too. */
  withFloor: boolean
  logsOf: (subject: SubjectSamples) => LogsByRound
}

/**
 * Logarithms of a subject's figures by round: one per slice group, or one of the whole process.
 * Rounds without a figure are missing.
 */
export type LogsByRound = Map<number, number[]>

/**
 * A/A′ first: an interval that excludes 0 shows that the run favoured one of two twins, which makes
 * every comparison of that metric invalid.
 */
export function compareAll(
  subjects: readonly SubjectSamples[],
  comparing: Comparing,
): Comparison[] {
  const { logsOf, withFloor } = comparing
  const a = subjects.find(({ arm }) => arm === 'A')
  if (a === undefined) return []
  const twin = subjects.find(({ arm }) => arm === "A'")
  const bias =
    twin === undefined ? [] : compared(comparing, 'aa', twin, a, [logsOf(twin)], [logsOf(a)])
  const references = twin === undefined ? [logsOf(a)] : [logsOf(a), logsOf(twin)]
  const comparedLogs = (subject: SubjectSamples) => (subject === a ? references : [logsOf(subject)])
  const others = pairsOf(subjects)
    .filter(({ baseline }) => withFloor || baseline.arm !== 'floor')
    .flatMap(({ kind, subject, baseline }) =>
      compared(comparing, kind, subject, baseline, comparedLogs(subject), comparedLogs(baseline)),
    )
  const biased = bias.some(
    ({ low, high }) => low !== null && high !== null && (low > 1 || high < 1),
  )
  return [...bias, ...others].map(comparison => (biased ? invalidated(comparison) : comparison))
}

/** Of different programs. Where A is one of them, A′ counts, too. */
interface Pair {
  kind: 'backend' | 'loops' | 'revision'
  subject: SubjectSamples
  baseline: SubjectSamples
}

/**
 * Each other backend with the reference that shares socket threads as it does; whoever shares them
 * unlike A with the same backend that does as A; every other revision of a backend with A's; and A with
 * the floor.
 */
export function pairsOf(subjects: readonly SubjectSamples[]): Pair[] {
  const a = subjects.find(({ arm }) => arm === 'A')
  if (a === undefined) return []
  const pair = (kind: Pair['kind'], subject: SubjectSamples, program: Program): Pair[] => {
    const baseline = subjects.find(({ arm, ...one }) => arm !== "A'" && runs(one, program))
    return baseline === undefined ? [] : [{ kind, subject, baseline }]
  }
  return subjects.flatMap(subject => {
    const { arm, revision } = subject
    if (arm === 'floor') return pair('backend', a, subject)
    if (arm !== 'B') return []
    if (revision !== a.revision)
      return pair('revision', subject, { ...subject, revision: a.revision })
    return [
      ...(subject.backend === a.backend
        ? []
        : pair('backend', subject, { ...subject, backend: a.backend })),
      ...(subject.loops === a.loops ? [] : pair('loops', subject, { ...subject, loops: a.loops })),
    ]
  })
}

function compared(
  comparing: Comparing,
  kind: Comparison['kind'],
  { backend, loops, revision }: Program,
  baseline: Program,
  of: readonly LogsByRound[],
  from: readonly LogsByRound[],
): Comparison[] {
  const differences = differencesByRound(of, from)
  if (differences.length === 0) return []
  const { scenario, parameters, metric, unit } = comparing
  const names = { kind, scenario, parameters, metric, unit, backend, loops, revision }
  const against = {
    baseline: baseline.backend,
    baselineLoops: baseline.loops,
    baselineRevision: baseline.revision,
  }
  return [{ ...names, ...against, ...concluded(differences, comparing) }]
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
  | 'look'
  | 'mdePercent'
  | 'roundsNeeded'
>

/** From the differences of logarithms, one per round, to what may be said about them. */
function concluded(
  differences: readonly number[],
  { marginPercent, looks, roundsAre }: Comparing,
): Conclusion {
  const conclusion = concludeSequentially(differences, looks, roundsAre, marginPercent)
  const ratio = Math.exp(conclusion.estimate)
  if (conclusion.state === 'too-few') {
    const rounds = differences.length
    const reason = `${rounds} ${rounds === 1 ? 'round' : 'rounds'}; at least ${conclusion.needed} needed`
    const found = {
      ratio,
      marginPercent,
      rounds,
      look: 0,
      ...detectable(differences, marginPercent),
    }
    return { ...found, low: null, high: null, verdict: 'inconclusive', withinMargin: false, reason }
  }
  const { low, high, rounds, look, judgement } = conclusion
  return {
    ratio,
    marginPercent,
    rounds,
    look,
    low: Math.exp(low),
    high: Math.exp(high),
    ...judgement,
    ...detectable(differences.slice(0, rounds), marginPercent),
  }
}

/** What so many rounds could see, and how many could see the margin. */
function detectable(
  differences: readonly number[],
  marginPercent: number,
): Pick<Conclusion, 'mdePercent' | 'roundsNeeded'> {
  if (differences.length < 2) return { mdePercent: null, roundsNeeded: null }
  const { deviation } = meanAndDeviation(differences)
  return {
    mdePercent: 100 * Math.expm1(minimumDetectableEffect(differences)),
    roundsNeeded: roundsFor(Math.log1p(marginPercent / 100), deviation),
  }
}

function invalidated(comparison: Comparison): Comparison {
  return { ...comparison, verdict: 'invalid', reason: 'A/A′ excludes 0, so the run was biased' }
}

/**
 * One difference per round: that of each slice group, trimmed. The slices of a group ran within
 * some tens of milliseconds, so what slowed the machine down for longer than that cancels.
 *
 * Where A and A′ stand on one side, it is the mean of the difference from A and that from A′, each
 * trimmed by itself. The mean of A and A′ is disturbed in twice as many slices as one process, half as
 * much: trimming both ends alike would then leave something over, and whoever is compared with it would
 * seem faster (by 0.9 % where a fifth of the slices are disturbed).
 * @param of one subject, or the two twins; as `from`
 * @param trimmedShare of the slice groups, at either end
 */
export function differencesByRound(
  of: readonly LogsByRound[],
  from: readonly LogsByRound[],
  trimmedShare = TRIMMED_SHARE,
): number[] {
  return differencesOf(of, from, trimmedShare).map(({ difference }) => difference)
}

export interface RoundDifference {
  round: number
  /** Of logarithms. */
  difference: number
}

/** The same, with the rounds that they are of. */
export function differencesOf(
  of: readonly LogsByRound[],
  from: readonly LogsByRound[],
  trimmedShare = TRIMMED_SHARE,
): RoundDifference[] {
  const [first, ...others] = of.flatMap(one =>
    from.map(other => trimmedDifferences(one, other, trimmedShare)),
  )
  return [...first].flatMap(([round, difference]) => {
    const all = [difference, ...others.flatMap(pair => pair.get(round) ?? [])]
    const complete = all.length === 1 + others.length
    return complete
      ? [{ round, difference: all.reduce((sum, one) => sum + one, 0) / all.length }]
      : []
  })
}

/**
 * Of the slice groups, at either end. V8 compiles and collects in a tenth of the slices, which then cost
 * a quarter more, or twice as much: over 56 rounds of 90 slices the standard deviation of A′ against A
 * was 1.9 % with a tenth trimmed, 1.4 % with a fifth, 1.1 % with a third, and 1.0 % by the median.
 */
const TRIMMED_SHARE = 1 / 3

function trimmedDifferences(
  one: LogsByRound,
  other: LogsByRound,
  trimmedShare: number,
): Map<number, number> {
  return new Map(
    [...inBoth(one, other)].map(([round, logs, baseline]) => [
      round,
      trimmedMean(
        logs.map((log, group) => log - baseline[group]),
        trimmedShare,
      ),
    ]),
  )
}

export function meanByRound(one: LogsByRound, other: LogsByRound): LogsByRound {
  return new Map(
    [...inBoth(one, other)].map(([round, a, b]) => [round, a.map((x, i) => (x + b[i]) / 2)]),
  )
}

export function* inBoth(
  one: LogsByRound,
  other: LogsByRound,
): Generator<[round: number, one: number[], other: number[]]> {
  for (const [round, logs] of one) {
    const counterpart = other.get(round)
    if (counterpart?.length === logs.length) yield [round, logs, counterpart]
  }
}
