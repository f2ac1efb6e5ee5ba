import type { ProcessSample, ScenarioResult } from '../record.ts'
import type { Stage } from './gate-result.ts'
import { BASE, HEAD } from './revision-names.ts'

/**
 * Whose fault it is that processes of a result failed; undefined where none did. The head's, if it
 * failed in a round in which the base lived, whatever happened in others. Else the base's, if it failed
 * where somebody else lived. A round in which nobody lived, and the end of the driver, are the fault
 * of neither: the tool, or what all of them need, has failed.
 */
export function faultIn({ processes }: Pick<ScenarioResult, 'processes'>): Stage | undefined {
  const failed = processes.flatMap(failureOf)
  if (failed.length === 0) return undefined
  const own = failed.filter(
    ({ round, ofDriver }) =>
      !ofDriver && processes.some(one => one.round === round && one.outcome.state === 'completed'),
  )
  const ofBase = own.filter(({ revision }) => revision === BASE)
  const ofHead = own.filter(
    ({ revision, round }) =>
      revision === HEAD && !failed.some(one => one.revision === BASE && one.round === round),
  )
  if (ofHead.length > 0) return died(HEAD, ofHead)
  if (ofBase.length > 0) return died(BASE, ofBase)
  return { state: 'not-measured', reason: failed[0].reason }
}

interface Failed extends Pick<ProcessSample, 'round' | 'revision'> {
  /** `run: killed by SIGSEGV` */
  readonly reason: string
  readonly ofDriver: boolean
}

function failureOf({ round, revision, outcome }: ProcessSample): Failed[] {
  if (outcome.state === 'completed') return []
  const { stage, reason } = outcome
  // As `Driver` begins what it says of its own end.
  const ofDriver = reason.startsWith('the driver: ')
  return [{ round, revision, reason: `${stage}: ${reason}`, ofDriver }]
}

function died(revision: typeof BASE | typeof HEAD, failed: readonly Failed[]): Stage {
  return { state: 'died', revision, times: failed.length, reason: failed[0].reason }
}
