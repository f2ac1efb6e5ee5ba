import type { Workload } from '../../scenarios/scenario.ts'
import type { ScenarioResult, WaitVerdict } from '../record.ts'
import type { WaitStage, WaitState } from './gate-result.ts'
import { BASE, HEAD } from './revision-names.ts'

/** What the 50 ms detector says of both revisions. */
export function waitStageOf(result: ScenarioResult | undefined): WaitStage {
  const [base, head] = [BASE, HEAD].map(
    name => result?.waits.find(({ revision }) => revision === name)?.verdict,
  )
  return {
    base: base?.state ?? 'not-measured',
    head: head?.state ?? 'not-measured',
    baseShare: shareOf(base),
    headShare: shareOf(head),
  }
}

function shareOf(verdict: WaitVerdict | undefined): number | null {
  return verdict?.state === 'waits' ? verdict.waitingShare : null
}

/**
 * Waits that the base has not, or far fewer of: shares are estimated, and of all samples, so that twice
 * as many and a twentieth of all on top are not by chance. Where the base has too few samples to tell,
 * waits that nobody should have.
 */
export function hasNewWaits(
  { base, head, baseShare, headShare }: WaitStage,
  { services }: Workload,
): boolean {
  if (head !== 'waits') return false
  switch (base) {
    case 'none':
      return true
    case 'waits':
      return (headShare ?? 0) > 2 * (baseShare ?? 0) + 0.05
    case 'too-few':
      return services.every(({ sendMode }) => sendMode === 'optimistic')
    case 'not-measured':
      return false
  }
}

interface Judged {
  readonly state: WaitState
  /** One sentence without a full stop. */
  readonly reason: string
}

export function judgeWaits(
  screening: WaitStage,
  confirmation: WaitStage | null,
  workload: Workload,
): Judged {
  if (confirmation === null) return notSuspected(screening)
  if (hasNewWaits(confirmation, workload)) {
    const reason = `messages wait up to 50 ms for the poll loop: ${sharesText(confirmation)}`
    return { state: 'new', reason }
  }
  const waited = `messages waited up to 50 ms for the poll loop (${sharesText(screening)})`
  const fresh = notSuspected(confirmation)
  switch (fresh.state) {
    case 'unknown':
      return { state: 'unknown', reason: `${waited}; on fresh rounds one ${fresh.reason}` }
    case 'as-before':
      return { state: 'unconfirmed', reason: `${waited}, but on fresh rounds as those of the base` }
    default:
      return { state: 'unconfirmed', reason: `${waited}, but not on fresh rounds` }
  }
}

/** Of what has no new waits. */
function notSuspected(stage: WaitStage): Judged {
  const { base, head } = stage
  if (head === 'none') return { state: 'none', reason: 'no message waits for the poll loop' }
  if (head === 'waits' && base === 'waits') {
    const reason = `messages wait up to 50 ms, as those of the base do: ${sharesText(stage)}`
    return { state: 'as-before', reason }
  }
  const why = {
    waits: 'of the base there are too few latencies',
    'too-few': 'too few latencies',
    'not-measured': 'no latencies that mean anything',
  }
  return { state: 'unknown', reason: `cannot tell whether messages wait: ${why[head]}` }
}

/** `40.0 % of them, 0.3 % of those of the base` */
function sharesText({ base, baseShare, headShare }: WaitStage): string {
  const own = `${shareText(headShare)} of them`
  if (base === 'waits') return `${own}, ${shareText(baseShare)} of those of the base`
  return base === 'none' ? `${own}, none of those of the base` : own
}

function shareText(share: number | null): string {
  return `${(100 * (share ?? 0)).toFixed(1)} %`
}
