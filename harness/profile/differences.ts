import { hodgesLehmann } from '../statistics/hodges-lehmann.ts'
import { holm } from '../statistics/multiplicity.ts'
import { signedRankP } from '../statistics/signed-rank.ts'
import { meanOf } from './cost-tree.ts'
import { type FunctionCost, kernelCost } from './functions.ts'
import { doingOf } from './what-it-does.ts'

/** By how much the second program's figure lies above the first's. */
export interface Difference {
  estimate: number
  /** Of 95 %, for this figure by itself; null where there are too few rounds for one. */
  interval: { low: number; high: number } | null
}

export interface ComparedFunction extends FunctionCost {
  /** Of its own cost. */
  difference: Difference
  /** Two-sided, before any correction; null of what is too small to be tested, or one of the calls. */
  p: number | null
  /** At 5 % for all tested functions of all threads together. */
  significant: boolean
  /** The program that alone has it. */
  only: 'first' | 'second' | null
}

export interface FunctionComparison {
  tested: number
  /** The fewest rounds with which one of so many could be told from chance. */
  roundsNeeded: number
  byThread: Map<string, ComparedFunction[]>
}

export const ALPHA = 0.05
/**
 * Of what the thread costs, in both programs together: what is less is not looked at, so that fewer
 * are tested. The choice knows the mean and not the difference, and so does not bias it.
 */
const TESTED_SHARE = 0.005

/** Each function's own cost in the second program against that in the first, round by round. */
export function comparedFunctions(
  byThread: ReadonlyMap<string, readonly FunctionCost[]>,
): FunctionComparison {
  const all = [...byThread].flatMap(([thread, functions]) => {
    const threadCost = functions.reduce((sum, one) => sum + bothMean(one), 0)
    const kernel = kernelCost(functions)
    const isTested = (one: FunctionCost) =>
      doingOf(one.frame) === 'computes' && bothMean(one) >= TESTED_SHARE * threadCost
    return [
      ...functions.map(one => ({ thread, ...compared(one, isTested(one)) })),
      ...(kernel === null ? [] : [{ thread, ...compared(kernel, true) }]),
    ]
  })
  const tested = all.filter(({ p }) => p !== null)
  const rejected = holm(
    tested.map(({ p }) => p ?? 1),
    ALPHA,
  )
  const significant = new Set(tested.filter((_, i) => rejected[i]))
  const result = new Map<string, ComparedFunction[]>()
  for (const one of all) {
    const { thread, ...rest } = one
    const of = result.get(thread) ?? []
    of.push({ ...rest, significant: significant.has(one) })
    result.set(thread, of)
  }
  for (const functions of result.values()) {
    functions.sort((one, other) => size(other) - size(one))
  }
  return {
    tested: tested.length,
    // 2^(1-n) × tested ≤ α
    roundsNeeded: Math.max(6, Math.ceil(1 - Math.log2(ALPHA / Math.max(1, tested.length)))),
    byThread: result,
  }
}

function compared(one: FunctionCost, isTested: boolean): Omit<ComparedFunction, 'significant'> {
  const [first, second] = one.self
  const differences = second.map((cost, round) => cost - first[round])
  return {
    ...one,
    difference: differenceOf(differences),
    p: isTested ? signedRankP(differences) : null,
    only: onlyIn(one),
  }
}

/** @param differences one for each round */
export function differenceOf(differences: readonly number[]): Difference {
  const found = hodgesLehmann(differences, ALPHA)
  const { estimate } = found
  if (found.state === 'too-few') return { estimate, interval: null }
  return { estimate, interval: { low: found.low, high: found.high } }
}

/** Nothing on it or below it was ever sampled in the other. */
function onlyIn({ total: [first, second] }: FunctionCost): ComparedFunction['only'] {
  const inFirst = first.some(cost => cost > 0)
  const inSecond = second.some(cost => cost > 0)
  if (inFirst && inSecond) return null
  return inFirst ? 'first' : 'second'
}

function bothMean({ self: [first, second] }: FunctionCost): number {
  return (meanOf(first) + meanOf(second)) / 2
}

function size({ difference }: Pick<ComparedFunction, 'difference'>): number {
  return Math.abs(difference.estimate)
}
