import type { RevisionSource, SockbenchRecord } from '../record.ts'
import type { Answer } from './answers/answer.ts'
import { biasAnswers } from './answers/bias-answers.ts'
import { dispatchAnswers } from './answers/dispatch-answers.ts'
import { floorAnswers } from './answers/floor-answers.ts'
import { gapAnswers } from './answers/gap-answers.ts'
import { judgementsOf } from './answers/record-judgements.ts'
import { sendModeAnswers } from './answers/send-mode-answers.ts'
import { verdictAnswers } from './answers/verdict-answers.ts'
import { waitAnswers } from './answers/wait-answers.ts'

export type { Answer }

type Answering = Pick<SockbenchRecord, 'scenarios' | 'dispatch' | 'revisions' | 'warnings'>

/**
 * What a record says, in words, before any figure: the verdicts, what waits and what that costs, then
 * what all that rests on and what is missing. Each can be quoted by itself.
 */
export function answersOf(record: Answering): Answer[] {
  const { scenarios, dispatch, revisions } = record
  return [
    ...verdictAnswers(judgementsOf(record)),
    ...floorAnswers(scenarios),
    ...sendModeAnswers(scenarios),
    ...waitAnswers(scenarios),
    ...dispatchAnswers(dispatch),
    ...biasAnswers(scenarios),
    ...sameCommitAnswer(revisions),
    ...gapAnswers(record),
  ]
}

function sameCommitAnswer(revisions: readonly RevisionSource[]): Answer[] {
  const [base, ...others] = revisions
  if (base === undefined || others.length === 0 || base.gitSha === null) return []
  const areSame = others.every(({ gitSha }) => gitSha === base.gitSha)
  if (!areSame || revisions.some(({ dirty }) => dirty !== false)) return []
  const names = revisions.map(({ name }) => name).join(' and ')
  return [
    {
      text: `${names} are the same commit: what differs is the machine, or chance`,
      verdict: null,
    },
  ]
}
