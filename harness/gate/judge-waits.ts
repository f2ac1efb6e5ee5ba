import type { Workload } from '../../scenarios/scenario.ts'
import type { ScenarioResult } from '../record.ts'
import type { WaitStage, WaitState } from './gate-result.ts'
import { BASE, HEAD } from './stages.ts'

/** What the 50 ms detector says of both revisions. */
export function waitStageOf(result: ScenarioResult | undefined): WaitStage {
  const verdictOf = (revision: string) =>
    result?.waits.find(one => one.revision === revision)?.verdict
  const head = verdictOf(HEAD)
  return {
    base: verdictOf(BASE)?.state ?? 'not-measured',
    head: head?.state ?? 'not-measured',
    headShare: head?.state === 'waits' ? head.waitingShare : null,
  }
}

/** Waits that the base has not; where it has too few samples to tell, waits that nobody should have. */
export function hasNewWaits({ base, head }: WaitStage, { services }: Workload): boolean {
  if (head !== 'waits') return false
  const unexpected = services.every(({ sendMode }) => sendMode === 'optimistic')
  return base === 'none' || (base === 'too-few' && unexpected)
}

export function judgeWaits(
  screening: WaitStage,
  confirmation: WaitStage | null,
  workload: Workload,
): { state: WaitState; reason: string } {
  const { base, head, headShare } = confirmation ?? screening
  if (confirmation !== null) {
    if (hasNewWaits(confirmation, workload)) {
      return {
        state: 'new',
        reason: `messages wait up to 50 ms for the poll loop, which those of the base do not (${shareText(headShare)})`,
      }
    }
    return {
      state: 'unconfirmed',
      reason: 'messages waited up to 50 ms for the poll loop, but not on fresh rounds',
    }
  }
  if (head === 'none') return { state: 'none', reason: 'no message waits for the poll loop' }
  if (head === 'waits' && base === 'waits') {
    return { state: 'as-before', reason: 'messages wait up to 50 ms, as those of the base do' }
  }
  const why = {
    waits: 'of the base there are too few latencies',
    'too-few': 'too few latencies',
    'not-measured': 'no latencies that mean anything',
  }
  return { state: 'unknown', reason: `cannot tell whether messages wait: ${why[head]}` }
}

function shareText(share: number | null): string {
  return `${(100 * (share ?? 0)).toFixed(1)} % of them`
}
