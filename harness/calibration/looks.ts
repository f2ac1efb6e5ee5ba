import { differencesByRound } from '../analysis/comparisons.ts'
import { sliceLogs } from '../analysis/costs.ts'
import { type SubjectSamples, subjectsOf } from '../analysis/subjects.ts'
import type { Comparison, ScenarioResult, SockbenchRecord } from '../record.ts'
import { costPerUnit } from '../statistics/cost-per-unit.ts'
import { median } from '../statistics/median.ts'
import type { AaRun, Judged, Look } from './stored.ts'

/**
 * What the analysis says of the CPU of each arm, and what it says it from. Nobody here knows doses.
 * @param record of one workload, of one backend
 * @param file where the record is kept
 */
export function lookAt(record: SockbenchRecord, file: string): Look {
  const [result] = record.scenarios
  const { a, twin, others } = rolesIn(result)
  const logs = (subject: SubjectSamples) => sliceLogs(subject, 'cpu', result.unit)
  const judgedOf = (subject: SubjectSamples, against: readonly SubjectSamples[]): Judged => {
    const { ratio, low, high, verdict } = comparisonOf(result, subject)
    const differences = differencesByRound([logs(subject)], against.map(logs))
    const planted = { recvsPerByte: recvsPerByte([subject]), spinNs: spinNs(subject) }
    return { ratio, low, high, verdict, differences, ...planted }
  }
  return {
    record: file,
    reference: {
      cpuNsPerByte: cpuNsPerByte([a, twin], result.unit),
      recvsPerByte: recvsPerByte([a, twin]),
    },
    aa: judgedOf(twin, [a]),
    arms: Object.fromEntries(
      others.map(subject => [subject.revision ?? subject.backend, judgedOf(subject, [a, twin])]),
    ),
  }
}

/** The whole interval says that it needs more, whatever A/A′ and the cross-check say. */
export function isSuspected({ low }: Pick<Judged, 'low'>): boolean {
  return low !== null && low > 1
}

/** Whether something was suspected, and not measured again. */
export function isUnconfirmed({
  first,
  confirmation,
}: Pick<AaRun, 'first' | 'confirmation'>): boolean {
  return confirmation === null && Object.values(first.arms).some(isSuspected)
}

/** Whether fresh rounds, whose own twins do not differ, say `slower`, too. */
export function isConfirmed(arm: string, confirmation: Look | null): boolean {
  return confirmation?.arms[arm]?.verdict === 'slower'
}

/** Whether the two twins differ for certain, which makes a look worth nothing. */
export function isBiased({ aa: { low, high } }: Look): boolean {
  return low !== null && high !== null && (low > 1 || high < 1)
}

/** A′ against A in one round: over the slices, trimmed, and over all of them. */
export function twinDifference(record: SockbenchRecord) {
  const [result] = record.scenarios
  const { a, twin } = rolesIn(result)
  const [of, from] = [twin, a].map(subject => sliceLogs(subject, 'cpu', result.unit))
  return {
    difference: differencesByRound([of], [from])[0],
    untrimmedDifference: differencesByRound([of], [from], 0)[0],
  }
}

/**
 * Of CPU in an arm with nothing planted, which is one more twin: against A and A′, against A alone, as if
 * there were no A′, and of A′ against A.
 */
export function identicalDifferences({ scenarios: [result] }: SockbenchRecord, name: string) {
  const { a, twin, others } = rolesIn(result)
  const arm = others.find(({ revision }) => revision === name)
  if (arm === undefined) throw new Error(`a record without ${name}`)
  const [of, logsOfA, logsOfTwin] = [arm, a, twin].map(one => sliceLogs(one, 'cpu', result.unit))
  return {
    fromBoth: differencesByRound([of], [logsOfA, logsOfTwin]),
    fromA: differencesByRound([of], [logsOfA]),
    twins: differencesByRound([logsOfTwin], [logsOfA]),
  }
}

function rolesIn({ processes }: ScenarioResult) {
  const subjects = subjectsOf(processes)
  const a = subjects.find(({ arm }) => arm === 'A')
  const twin = subjects.find(({ arm }) => arm === "A'")
  if (a === undefined || twin === undefined) throw new Error('a round without A and A′')
  return { a, twin, others: subjects.filter(({ arm }) => arm === 'B') }
}

function comparisonOf({ comparisons }: ScenarioResult, { arm, revision }: SubjectSamples) {
  const kind: Comparison['kind'] = arm === 'B' ? 'revision' : 'aa'
  const found = comparisons.find(
    one => one.kind === kind && one.metric === 'cpu' && one.revision === revision,
  )
  if (found === undefined) throw new Error(`${revision} was compared with nothing`)
  return found
}

function cpuNsPerByte(subjects: readonly SubjectSamples[], unit: ScenarioResult['unit']): number {
  return median(
    subjects.flatMap(({ processes }) =>
      processes.flatMap(one => costPerUnit(one, 'cpu', unit) ?? []),
    ),
  )
}

/** In the slices for which calls were counted. */
function recvsPerByte(subjects: readonly SubjectSamples[]): number {
  const outcomes = subjects.flatMap(({ processes }) => processes.map(({ outcome }) => outcome))
  const completed = outcomes.filter(outcome => outcome.state === 'completed')
  const recvs = completed.reduce((sum, { counters }) => sum + counters['syscall.recv'], 0)
  return recvs / completed.reduce((sum, { countedUnits }) => sum + countedUnits.bytes, 0)
}

/** A mean over the samples that its processes took in the slices for which calls were counted. */
function spinNs({ processes }: SubjectSamples): number | null {
  const counters = processes.flatMap(({ outcome }) =>
    outcome.state === 'completed' ? [outcome.counters] : [],
  )
  const total = (name: string) => counters.reduce((sum, counts) => sum + (counts[name] ?? 0), 0)
  const samples = total('spinSamples')
  return samples === 0 ? null : total('spinSampleNs') / samples
}
