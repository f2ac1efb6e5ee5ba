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

/**
 * What was suspected is judged by its confirmation alone: never by both, and never a third time. Only a
 * head that died, and then did not, is no more acquitted by that than convicted.
 */
export function judgeComparison(
  screening: Stage,
  confirmation: Stage | null,
  limit: Limit,
): Judged {
  if (confirmation === null) return judgeStage(screening, limit)
  const judged = judgeStage(confirmation, limit)
  const finished = confirmation.state === 'compared' || confirmation.state === 'no-figure'
  if (screening.state !== 'died' || !finished || judged.state === 'regressed') return judged
  return {
    state: 'head-died-once',
    reason: `the head did not finish (${screening.reason}), but did on fresh rounds`,
  }
}

function judgeStage(stage: Stage, limit: Limit): Judged {
  switch (stage.state) {
    case 'no-figure':
      return { state: 'no-figure', reason: stage.reason }
    case 'not-measured':
      return { state: 'not-measured', reason: `it could not be measured: ${stage.reason}` }
    case 'died': {
      const { revision, reason } = stage
      return { state: `${revision}-died`, reason: `the ${revision} did not finish: ${reason}` }
    }
    case 'compared':
      return judgeRatio(stage, limit)
  }
}

function judgeRatio(stage: Stage & { state: 'compared' }, limit: Limit): Judged {
  const { low, high, student } = stage
  if (low === null || high === null || student === null) {
    return {
      state: 'inconclusive',
      reason: `${stage.rounds} whole rounds are too few for an interval`,
    }
  }
  if (isBiased(stage)) {
    return { state: 'biased', reason: 'A/A′ excludes 0: the run favoured one of two twins' }
  }
  const { marginPercent } = limit
  const [colour, crossCheck] = [{ low, high }, student].map(interval =>
    gateColour({ low: Math.log(interval.low), high: Math.log(interval.high) }, marginPercent),
  )
  if (colour !== crossCheck) {
    return {
      state: 'inconclusive (tail)',
      reason: `two ways of estimating disagree about ${marginPercent} %: a heavy tail is at work`,
    }
  }
  switch (colour) {
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
        ? `, ${roundsNeeded} would acquit a head that has not changed`
        : ', and it is close to the margin'
  return `cannot tell whether it is more than ${marginPercent} %${seen}${wanted}`
}
