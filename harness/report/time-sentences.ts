import { clock } from '../progress.ts'
import type { Comparison, ScenarioResult } from '../record.ts'
import { type Look, looksTaken, plannedLooks } from '../statistics/sequential.ts'
import { smallestSampleFor } from '../statistics/signed-rank.ts'
import { metricNames } from './compared-metrics.ts'
import { figure, marginText } from './quantities.ts'

type Timed = Pick<ScenarioResult, 'schedule' | 'durationMs' | 'processes' | 'comparisons'>

/** At which rounds a run was looked at, and what more of them would buy. */
export function timeSentences(result: Timed): string[] {
  const rounds = new Set(result.processes.map(({ round }) => round)).size
  return [...looksSentence(result, rounds), ...moreTimeSentences(result, rounds)]
}

const boundaryNames = { 'obrien-fleming': 'O’Brien–Fleming', pocock: 'Pocock' }

function looksSentence({ schedule: { looks, boundary } }: Timed, rounds: number): string[] {
  if (looks.length === 1) return []
  const taken = looksTaken(rounds, plannedLooks(looks, boundary), 'over')
  const most = looks[looks.length - 1]
  const how = [
    `${boundaryNames[boundary]}: all intervals of the looks hold together`,
    ...tooEarlyText(taken.filter(look => !hasInterval(look))),
  ]
  return [
    `${rounds} of up to ${most} rounds, ${whenText(taken.filter(hasInterval), looks)} (${how.join('; ')})`,
  ]
}

/** Without one, nobody could see anything, so it was no look. */
function hasInterval({ rounds, alpha }: Look): boolean {
  return smallestSampleFor(alpha) <= rounds
}

/** `looked at after 8, 16 and 20, where it ended` */
function whenText(taken: readonly Look[], planned: readonly number[]): string {
  const last = taken.at(-1)
  if (last === undefined) return 'not looked at yet'
  const isEarly = !planned.includes(last.rounds)
  return `looked at after ${listed(taken)}${isEarly ? ', where it ended' : ''}`
}

/** The first looks, if any: levels rise from look to look, and so do rounds. */
function tooEarlyText(looks: readonly Look[]): string[] {
  if (looks.length === 0) return []
  const whose = looks.length === 1 ? 'the first look’s level' : 'the first looks’ levels'
  return [`${listed(looks)} rounds are too few for ${whose}`]
}

function listed(looks: readonly Look[]): string {
  return looks
    .map(({ rounds }) => rounds)
    .join(', ')
    .replace(/, (\d+)$/, ' and $1')
}

/** As a multiple of what the run took; more is no offer. */
const LONGEST_OFFER = 10

/** In one sentence: of each undecided metric, as long as the widest of its intervals needs. */
function moreTimeSentences({ comparisons, durationMs }: Timed, rounds: number): string[] {
  const undecided = comparisons.filter(isUndecided)
  const wishes = Object.entries(metricNames).flatMap(([metric, name]) => {
    const ofMetric = undecided.filter(one => one.metric === metric)
    const needed = Math.max(0, ...ofMetric.map(({ roundsNeeded }) => roundsNeeded ?? 0))
    return needed > rounds ? [{ name, needed }] : []
  })
  if (wishes.length === 0) return []
  const offered = wishes.filter(({ needed }) => needed <= LONGEST_OFFER * rounds)
  const texts = [
    ...offered.map(
      ({ name, needed }) =>
        `${name} some ${figure(needed)} rounds of this spread (${clock((durationMs / rounds) * needed)} in all)`,
    ),
    ...(offered.length === wishes.length
      ? []
      : [`${namesOf(wishes.filter(wish => !offered.includes(wish)))} more than ten times as long`]),
  ]
  const margin = marginText(undecided[0].marginPercent)
  return [`to see ${margin} nine times in ten takes for ${texts.join('; for ')}`]
}

function namesOf(wishes: readonly { name: string }[]): string {
  return wishes.map(({ name }) => name).join(' and ')
}

/** Where there is no interval at all, that is said elsewhere. */
function isUndecided({ kind, verdict, low }: Comparison): boolean {
  return kind !== 'aa' && verdict === 'inconclusive' && low !== null
}
