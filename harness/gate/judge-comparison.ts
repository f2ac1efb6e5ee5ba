import { percent } from '../report/quantities.ts'
import { gateColour } from '../statistics/verdict.ts'
import type { ComparisonState, Stage } from './gate-result.ts'
import type { Limit } from './gated-measurements.ts'
import { isBiased } from './stages.ts'

export interface Judged {
  readonly state: ComparisonState
  /** One sentence without a full stop. */
  readonly reason: string
}

/** What was suspected is judged by its confirmation alone: never by both, and never a third time. */
export function judgeComparison(
  screening: Stage,
  confirmation: Stage | null,
  limit: Limit,
): Judged {
  if (confirmation === null) return judgeStage(screening, limit)
  const died = screening.state === 'died'
  if (!died || confirmation.state !== 'compared') return judgeStage(confirmation, limit)
  return {
    state: 'head-died-once',
    reason: `the head did not finish (${screening.reason}), but did on fresh rounds`,
  }
}

function judgeStage(stage: Stage, limit: Limit): Judged {
  if (stage.state === 'no-figure') return { state: 'no-figure', reason: stage.reason }
  if (stage.state === 'died') {
    const { revision, reason } = stage
    return { state: `${revision}-died`, reason: `the ${revision} did not finish: ${reason}` }
  }
  const { low, high } = stage
  if (low === null || high === null) {
    return {
      state: 'inconclusive',
      reason: `${stage.rounds} whole rounds are too few for an interval`,
    }
  }
  if (isBiased(stage)) {
    return { state: 'biased', reason: 'A/A′ excludes 0: the run favoured one of two twins' }
  }
  const { marginPercent } = limit
  switch (gateColour({ low: Math.log(low), high: Math.log(high) }, marginPercent)) {
    case 'red':
      return { state: 'regressed', reason: `surely more than ${marginPercent} % above the base` }
    case 'green':
      return { state: 'within', reason: `surely less than ${marginPercent} % above the base` }
    case 'neutral':
      return { state: 'inconclusive', reason: undecided(stage, limit) }
  }
}

/** What these rounds could see, and what more of them would buy. */
function undecided(stage: Stage & { state: 'compared' }, { marginPercent }: Limit): string {
  const { mdePercent, roundsNeeded, rounds } = stage
  const seen =
    mdePercent === null ? '' : `: ${rounds} rounds find a change of ${percent(mdePercent)} or more`
  const wanted =
    roundsNeeded === null
      ? ''
      : roundsNeeded > rounds
        ? `, ${roundsNeeded} would find ${marginPercent} %`
        : ', and it is close to the margin'
  return `cannot tell whether it is more than ${marginPercent} %${seen}${wanted}`
}
