import { hodgesLehmann } from './hodges-lehmann.ts'
import { type Boundary, repeatedAlphas } from './repeated-alphas.ts'
import { smallestSampleFor } from './signed-rank.ts'
import { pairedTInterval } from './student-t.ts'
import { type Judgement, judge } from './verdict.ts'

/** Declared before the first round: after how many rounds to look, and at what two-sided level. */
export interface Look {
  rounds: number
  alpha: number
}

export function plannedLooks(rounds: readonly number[], boundary: Boundary, alpha = 0.05): Look[] {
  const alphas = repeatedAlphas(rounds, boundary, alpha)
  return rounds.map((n, k) => ({ rounds: n, alpha: alphas[k] }))
}

/** Whether more rounds may come: of a record on disk, they are over. */
export type Rounds = 'to-come' | 'over'

export type SequentialConclusion =
  | { state: 'too-few'; estimate: number; needed: number }
  | {
      state: 'estimated'
      estimate: number
      low: number
      high: number
      judgement: Judgement
      /** Which of the planned looks this is, from 1. */
      look: number
      /** Two-sided, of the interval and of its cross-check. */
      alpha: number
      /** How many of the differences were used. */
      rounds: number
    }

/**
 * What the first look with a verdict says, or else the last look that took place. Each interval is
 * drawn at the level of its look, so that all of them hold at once, whatever made the run stop at one
 * of them (repeated confidence intervals).
 *
 * A look at n takes the first n *complete* differences. When the rounds are over before that (some
 * failed, or the budget cut them short, neither of which depends on the differences), the next look
 * is taken early, with all the differences there are and its own level. Two looks that are closer
 * together are more alike, so this errs less often than planned. With a single look, this is the plain
 * interval of all differences. Differences beyond the last look are never used.
 *
 * Source: Jennison & Turnbull, Group Sequential Methods (2000), chapter 9.
 * @param differences one for each complete round, in the order of the rounds; throws if there is none
 * @param looks ascending
 */
export function concludeSequentially(
  differences: readonly number[],
  looks: readonly Look[],
  rounds: Rounds,
  marginPercent: number,
): SequentialConclusion {
  let conclusion: SequentialConclusion = {
    state: 'too-few',
    estimate: hodgesLehmann(differences).estimate,
    needed: fewestRounds(looks),
  }
  for (const [k, look] of looksTaken(differences.length, looks, rounds).entries()) {
    const used = differences.slice(0, look.rounds)
    const centre = hodgesLehmann(used, look.alpha)
    // O'Brien & Fleming's first level may be out of reach of that few ranks; a later one is not.
    if (centre.state === 'too-few') continue
    const judgement = judge(centre, pairedTInterval(used, look.alpha), marginPercent)
    conclusion = { ...centre, judgement, look: k + 1, alpha: look.alpha, rounds: look.rounds }
    if (judgement.verdict !== 'inconclusive') break
  }
  return conclusion
}

/** The last of them early, if the rounds are over. */
export function looksTaken(complete: number, looks: readonly Look[], rounds: Rounds): Look[] {
  const reached = looks.filter(look => look.rounds <= complete)
  const next = looks[reached.length]
  const early = rounds === 'over' && next !== undefined && complete > (reached.at(-1)?.rounds ?? 0)
  return early ? [...reached, { ...next, rounds: complete }] : reached
}

/** With how many a look has an interval, if it is taken early. */
function fewestRounds(looks: readonly Look[]): number {
  const fewest = looks.map(({ alpha }, k) =>
    Math.max(smallestSampleFor(alpha), k === 0 ? 0 : looks[k - 1].rounds + 1),
  )
  return fewest.find((n, k) => n <= looks[k].rounds) ?? fewest[fewest.length - 1]
}
