import { differencesOfRounds } from '../../analysis/costs.ts'
import { subjectsOf } from '../../analysis/subjects.ts'
import { FLOOR } from '../../participants.ts'
import { runs } from '../../program.ts'
import type { Comparison, ScenarioResult } from '../../record.ts'

/** What the interval of one comparison is made of: a difference for each round. */
export interface RoundDifferences {
  comparison: Comparison
  /**
   * Ratios, as that of the comparison; rounds in which somebody did not finish are missing. Those after
   * the look that counts are not part of it.
   */
  rounds: { round: number; ratio: number; counts: boolean }[]
}

/** Of CPU, all but those with the floor. */
export function roundDifferences(result: ScenarioResult): RoundDifferences[] {
  const subjects = subjectsOf(result.processes)
  return result.comparisons
    .filter(({ metric, baseline }) => metric === 'cpu' && baseline !== FLOOR)
    .map(comparison => {
      const { kind, baseline, baselineLoops, baselineRevision } = comparison
      const reference = { backend: baseline, loops: baselineLoops, revision: baselineRevision }
      const isTwin = kind === 'aa'
      const of = subjects.filter(one => runs(one, comparison) && (!isTwin || one.arm === "A'"))
      const from = subjects.filter(one => runs(one, reference) && (!isTwin || one.arm === 'A'))
      const differences = differencesOfRounds(result, 'cpu', of, from)
      return {
        comparison,
        rounds: differences.map(({ round, difference }, i) => ({
          round,
          ratio: Math.exp(difference),
          counts: i < comparison.rounds,
        })),
      }
    })
}
