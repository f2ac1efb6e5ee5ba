import { mulberry32 } from '../../scenarios/random.ts'
import { autocorrelation } from './autocorrelation.ts'
import { hodgesLehmann } from './hodges-lehmann.ts'
import type { Noise } from './noise.ts'
import {
  concludeSequentially,
  type Look,
  looksTaken,
  type SequentialConclusion,
} from './sequential.ts'
import { trend } from './trend.ts'

export interface Simulation {
  noise: Noise
  looks: readonly Look[]
  /** How many of the planned rounds a run gets. */
  lengthOf: (random: () => number) => number
  /** Standard deviation of the differences, in margins. */
  deviation: number
  runs: number
  seed: number
}

export interface ErrorRates {
  /** Runs in which the interval of each look that could take place holds the true difference. */
  coverage: Rate
  /** `slower` or `faster`, where there is no difference. */
  falseDifference: Rate
  /** A verdict that lies within the margin, where the difference is exactly the margin. */
  falseWithin: Rate
  /** `inconclusive` for the tail, where there is no difference. */
  tail: Rate
  /** Mean number used, where there is no difference. */
  rounds: number
}

/** From 0 to 1, with its Monte Carlo standard error. */
export interface Rate {
  share: number
  error: number
}

const marginPercent = 1
const margin = Math.log1p(marginPercent / 100)

/** How often the conclusions about made-up runs are wrong. */
export function simulate(simulation: Simulation): ErrorRates {
  const { looks, runs, seed } = simulation
  const random = mulberry32(seed)
  const counts = { coverage: 0, falseDifference: 0, falseWithin: 0, tail: 0, rounds: 0 }
  for (let run = 0; run < runs; run++) {
    const equal = madeUpRun(simulation, random)
    const shifted = equal.map(difference => difference + margin)
    const found = conclude(equal, looks)
    counts.coverage += Number(eachLookHoldsZero(equal, looks))
    counts.falseDifference += Number(saysDifferent(found))
    counts.falseWithin += Number(saysWithin(conclude(shifted, looks)))
    counts.tail += Number(saysTail(found))
    counts.rounds += found.state === 'estimated' ? found.rounds : equal.length
  }
  return {
    coverage: rate(counts.coverage, runs),
    falseDifference: rate(counts.falseDifference, runs),
    falseWithin: rate(counts.falseWithin, runs),
    tail: rate(counts.tail, runs),
    rounds: counts.rounds / runs,
  }
}

/** How often the flags are raised at the level `alpha` over runs of so many rounds. */
export function simulateFlags({
  noise,
  rounds,
  alpha,
  runs,
  seed,
}: {
  noise: Noise
  rounds: number
  alpha: number
  runs: number
  seed: number
}): { trend: Rate; autocorrelation: Rate } {
  const random = mulberry32(seed)
  const series = Array.from({ length: runs }, () => noise(random, rounds))
  const shareOf = (
    test: (values: number[]) => ReturnType<typeof trend | typeof autocorrelation>,
  ) => {
    const found = series.map(test)
    return rate(found.filter(one => one.state === 'tested' && one.p <= alpha).length, runs)
  }
  return { trend: shareOf(trend), autocorrelation: shareOf(autocorrelation) }
}

function madeUpRun(
  { noise, looks, lengthOf, deviation }: Simulation,
  random: () => number,
): number[] {
  const planned = looks[looks.length - 1].rounds
  return noise(random, planned)
    .slice(0, lengthOf(random))
    .map(difference => difference * deviation * margin)
}

function eachLookHoldsZero(differences: readonly number[], looks: readonly Look[]): boolean {
  return looksTaken(differences.length, looks, 'over').every(({ rounds, alpha }) => {
    const centre = hodgesLehmann(differences.slice(0, rounds), alpha)
    return centre.state === 'too-few' || (centre.low <= 0 && 0 <= centre.high)
  })
}

function conclude(differences: readonly number[], looks: readonly Look[]): SequentialConclusion {
  return concludeSequentially(differences, looks, 'over', marginPercent)
}

function saysDifferent(found: SequentialConclusion): boolean {
  return found.state === 'estimated' && /^(slower|faster)$/.test(found.judgement.verdict)
}

function saysWithin(found: SequentialConclusion): boolean {
  if (found.state === 'too-few') return false
  return found.judgement.verdict !== 'inconclusive' && found.judgement.withinMargin
}

function saysTail(found: SequentialConclusion): boolean {
  return found.state === 'estimated' && 'reason' in found.judgement
}

function rate(successes: number, runs: number): Rate {
  const share = successes / runs
  return { share, error: Math.sqrt((share * (1 - share)) / runs) }
}
