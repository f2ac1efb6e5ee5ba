import { differencesByRound } from '../analysis/comparisons.ts'
import { sliceLogs } from '../analysis/costs.ts'
import { type SubjectSamples, subjectsOf } from '../analysis/subjects.ts'
import type { Comparison, ScenarioResult, SockbenchRecord } from '../record.ts'
import { costPerUnit } from '../statistics/cost-per-unit.ts'
import { median } from '../statistics/median.ts'
import { gateColour } from '../statistics/verdict.ts'
import type { Judged, Look } from './stored.ts'

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
    return { ratio, low, high, verdict, differences, recvsPerByte: recvsPerByte([subject]) }
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

/** As a gate suspects that tolerates nothing: the whole interval says that it needs more. */
export function isSuspected({ low, high }: Pick<Judged, 'low' | 'high'>): boolean {
  if (low === null || high === null) return false
  return gateColour({ low: Math.log(low), high: Math.log(high) }, 0) === 'red'
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
