import { FLOOR } from '../participants.ts'
import { programName } from '../program.ts'
import type { Comparison, ScenarioResult, SockbenchRecord, Verdict } from '../record.ts'
import { change } from './quantities.ts'
import { verdictText } from './sentences.ts'

/** What a record says, in words, before any figure. */
export interface Answer {
  text: string
  /** What it is about, where it is a verdict on one comparison. */
  verdict: Verdict | null
}

/** One for each program and workload: what its CPU is against the reference. */
export function answersOf({ scenarios }: Pick<SockbenchRecord, 'scenarios'>): Answer[] {
  return scenarios.flatMap(result =>
    result.comparisons.filter(isAnswer).map(comparison => answerOf(result, comparison)),
  )
}

function isAnswer({ kind, metric, baseline }: Comparison): boolean {
  return kind !== 'aa' && metric === 'cpu' && baseline !== FLOOR
}

function answerOf({ scenario, label }: ScenarioResult, comparison: Comparison): Answer {
  const { ratio, low, high, verdict } = comparison
  const cost = `${change(ratio, low, high)} CPU`
  return {
    text: `${scenario} (${label}): ${programName(comparison)} ${cost}, ${verdictText(comparison)}`,
    verdict,
  }
}
