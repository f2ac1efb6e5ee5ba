import { clock } from '../progress.ts'
import type { Comparison, ScenarioResult } from '../record.ts'
import { figure, marginText } from './quantities.ts'

type Timed = Pick<ScenarioResult, 'schedule' | 'durationMs' | 'processes' | 'comparisons'>

/** At which rounds a run was looked at, and what more of them would buy. */
export function timeSentences(result: Timed): string[] {
  const rounds = new Set(result.processes.map(({ round }) => round)).size
  return [...looksSentence(result, rounds), ...moreTimeSentence(result, rounds)]
}

const boundaryNames = { 'obrien-fleming': 'O’Brien–Fleming', pocock: 'Pocock' }

function looksSentence({ schedule: { looks, boundary } }: Timed, rounds: number): string[] {
  if (looks.length === 1) return []
  const taken = looks.filter(look => look <= rounds)
  const most = looks[looks.length - 1]
  const when = taken.length === 0 ? 'not looked at yet' : `looked at after ${taken.join(', ')}`
  return [
    `${rounds} of up to ${most} rounds, ${when} (${boundaryNames[boundary]}: all intervals of the looks hold together)`,
  ]
}

/** Of CPU, the first figure of any comparison: as long as the widest of its undecided intervals needs. */
function moreTimeSentence({ comparisons, durationMs }: Timed, rounds: number): string[] {
  const needed = comparisons.filter(isUndecided).map(({ roundsNeeded }) => roundsNeeded ?? 0)
  const most = Math.max(0, ...needed)
  if (rounds === 0 || most <= rounds) return []
  const [{ marginPercent }] = comparisons
  return [
    `to see ${marginText(marginPercent)} of CPU nine times in ten takes some ${figure(most)} rounds of this spread, ` +
      `${clock((durationMs / rounds) * most)} in all`,
  ]
}

function isUndecided({ kind, metric, verdict }: Comparison): boolean {
  return kind !== 'aa' && metric === 'cpu' && verdict === 'inconclusive'
}
