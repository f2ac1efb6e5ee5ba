import { RunError } from '../errors.ts'
import { FLOOR } from '../participants.ts'
import { programName, runs } from '../program.ts'
import type { Parameters, RevisionSource, SockbenchRecord, Verdict } from '../record.ts'
import type { LocationEstimate } from '../statistics/hodges-lehmann.ts'
import { hodgesLehmannShift } from '../statistics/mann-whitney.ts'
import { welchInterval } from '../statistics/student-t.ts'
import { judge } from '../statistics/verdict.ts'
import { type Figures, figuresOf } from './process-figures.ts'
import { machineDifferences } from './same-machine.ts'

/** Two records of different times, compared figure by figure: `head` against `base`. */
export interface RecordsCompared {
  /** Of the machines; if there are any, there is no verdict. */
  differences: string[]
  /**
   * Whether both are of one commit without changes, and so are their revisions: then any difference is
   * the machine's.
   */
  sameCommit: boolean
  comparisons: RecordComparison[]
  /** `ibd (large, 1 peer): direct`, which only one of them has. */
  onlyInBase: string[]
  onlyInHead: string[]
}

export interface RecordComparison
  extends Pick<Figures, 'backend' | 'loops' | 'revision' | 'metric' | 'unit'> {
  scenario: string
  parameters: Parameters
  label: string
  /** Whether it is the reference of both. */
  reference: boolean
  /** Above 1, `head` needs more. */
  ratio: number
  /** A 95 % interval; null where there is none. */
  low: number | null
  high: number | null
  marginPercent: number
  verdict: Verdict | 'not comparable'
  withinMargin: boolean
  reason?: string
  baseRounds: number
  headRounds: number
}

/**
 * Unpaired, since no round of one record has a counterpart in the other: the median of all differences
 * between rounds with its exact rank-sum interval, and Welch's as a cross-check. Both know the noise
 * within the records, and nothing of what changed in the machine between them; where the records
 * themselves show that it did, there is no verdict.
 *
 * @param base and head analysed at the same margin
 * @throws RunError where they have nothing in common, or one was merged from others
 */
export function compareRecords(
  base: SockbenchRecord,
  head: SockbenchRecord,
  marginPercent: number,
): RecordsCompared {
  assertOfOneMachine(base, 'first')
  assertOfOneMachine(head, 'second')
  const differences = machineDifferences(base.environment, head.environment)
  const sameCommit = areOfOneCommit(base, head)
  const [baseFigures, headFigures] = [base, head].map(({ scenarios }) =>
    scenarios.flatMap(figuresOf),
  )
  const comparisons = headFigures.flatMap(figures => {
    const counterpart = baseFigures.find(one => areComparable(one, figures))
    if (counterpart === undefined) return []
    return [compared(counterpart, figures, { marginPercent, differences })]
  })
  if (comparisons.length === 0) {
    throw new RunError(
      'the two records have nothing in common: ' +
        `one has ${namesOf(baseFigures).join('; ') || 'nothing'}, ` +
        `the other ${namesOf(headFigures).join('; ') || 'nothing'}`,
    )
  }
  return {
    differences,
    sameCommit,
    comparisons: withoutThoseOfAChangedMachine(comparisons, sameCommit),
    onlyInBase: withoutCounterpart(baseFigures, headFigures),
    onlyInHead: withoutCounterpart(headFigures, baseFigures),
  }
}

function assertOfOneMachine({ merged }: SockbenchRecord, which: 'first' | 'second'): void {
  if (merged.length === 0) return
  throw new RunError(
    `the ${which} record was merged from ${merged.length}, perhaps of different machines; compare those`,
  )
}

/** Drivers are the tool's; so are subjects, unless there are revisions. */
function areOfOneCommit(base: SockbenchRecord, head: SockbenchRecord): boolean {
  return (
    isSameCommit(base.tool, head.tool) &&
    base.revisions.length === head.revisions.length &&
    base.revisions.every(one =>
      head.revisions.some(other => one.name === other.name && isSameCommit(one, other)),
    )
  )
}

type Commit = Pick<RevisionSource, 'gitSha' | 'dirty'>

/** Of a command nobody knows the commit. */
function isSameCommit(one: Commit, other: Commit): boolean {
  return isClean(one) && isClean(other) && one.gitSha === other.gitSha
}

function isClean({ gitSha, dirty }: Commit): boolean {
  return gitSha !== null && dirty === false
}

function areComparable(one: Figures, other: Figures): boolean {
  return one.metric === other.metric && one.unit === other.unit && isSameProgram(one, other)
}

function isSameProgram(one: Figures, other: Figures): boolean {
  return runs(one, other) && workloadKey(one) === workloadKey(other)
}

function workloadKey({ result: { scenario, parameters } }: Figures): string {
  const entries = Object.entries(parameters).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify([scenario, entries])
}

function withoutCounterpart(ours: readonly Figures[], theirs: readonly Figures[]): string[] {
  return namesOf(ours.filter(one => !theirs.some(other => isSameProgram(one, other))))
}

function namesOf(figures: readonly Figures[]): string[] {
  const names = figures.map(one => {
    const { scenario, label } = one.result
    return `${scenario} (${label}): ${programName(one)}`
  })
  return [...new Set(names)]
}

function compared(
  base: Figures,
  head: Figures,
  given: { marginPercent: number; differences: readonly string[] },
): RecordComparison {
  const { result, backend, loops, revision, metric, unit } = head
  const { scenario, parameters, label } = result
  const shift = hodgesLehmannShift(head.logs, base.logs)
  return {
    scenario,
    parameters,
    label,
    backend,
    loops,
    revision,
    metric,
    unit,
    reference: isReference(base) && isReference(head),
    ratio: Math.exp(shift.estimate),
    ...concluded(base, head, shift, given),
    marginPercent: given.marginPercent,
    baseRounds: base.logs.length,
    headRounds: head.logs.length,
  }
}

function isReference(figures: Figures): boolean {
  return figures.result.processes.some(process => process.arm === 'A' && runs(process, figures))
}

/** Beside 39 others the ranks would do with one, but the cross-check needs a variance. */
const FEWEST_ROUNDS = 2

function concluded(
  base: Figures,
  head: Figures,
  shift: LocationEstimate,
  { marginPercent, differences }: { marginPercent: number; differences: readonly string[] },
): Pick<RecordComparison, 'low' | 'high' | 'verdict' | 'withinMargin' | 'reason'> {
  const none = { low: null, high: null, withinMargin: false }
  if (differences.length > 0) return { ...none, verdict: 'not comparable' }
  const needed = shift.state === 'too-few' ? shift.needed : FEWEST_ROUNDS
  const sizes = [base.logs.length, head.logs.length]
  if (shift.state === 'too-few' || Math.min(...sizes) < FEWEST_ROUNDS) {
    const reason = `${sizes.join(' and ')} rounds; at least ${needed} each needed`
    return { ...none, verdict: 'inconclusive', reason }
  }
  const interval = { low: Math.exp(shift.low), high: Math.exp(shift.high) }
  if (isBiased(base) || isBiased(head)) {
    const reason = `A/A′ of the ${isBiased(base) ? 'first' : 'second'} record excludes 0`
    return { ...interval, withinMargin: false, verdict: 'invalid', reason }
  }
  return { ...interval, ...judge(shift, welchInterval(head.logs, base.logs), marginPercent) }
}

function isBiased({ result: { comparisons }, metric }: Figures): boolean {
  return comparisons.some(
    one => one.kind === 'aa' && one.metric === metric && one.verdict === 'invalid',
  )
}

/**
 * Where the bare loop needs more or less than before, or a program of the very same commit does, the
 * machine is not what it was, and what else differs cannot be told from that.
 */
function withoutThoseOfAChangedMachine(
  comparisons: readonly RecordComparison[],
  sameCommit: boolean,
): RecordComparison[] {
  const floorMoved = comparisons.some(
    one => one.backend === FLOOR && one.metric === 'cpu' && hasMoved(one),
  )
  return comparisons.map(one => {
    if (one.low === null || one.verdict === 'invalid') return one
    if (floorMoved) return invalidated(one, 'the bare loop differs')
    return sameCommit && hasMoved(one) ? invalidated(one, 'both are of one commit') : one
  })
}

function hasMoved({ low, high, verdict }: RecordComparison): boolean {
  return verdict !== 'invalid' && low !== null && high !== null && (low > 1 || high < 1)
}

function invalidated(comparison: RecordComparison, evidence: string): RecordComparison {
  const reason = `the machine changed: ${evidence}`
  return { ...comparison, verdict: 'invalid', withinMargin: false, reason }
}
