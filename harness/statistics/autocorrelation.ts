import { mulberry32 } from '../../scenarios/random.ts'
import { shuffled } from '../shuffle.ts'

export type Autocorrelation =
  /** `lag1`: of the ranks of neighbours; 0 is expected of independent values, 1 of a slow wave. */
  { state: 'tested'; lag1: number; p: number } | { state: 'too-few'; needed: number }

/** Below five values even the smoothest order has a p above 5 %: 2/4! = 0.083. */
const FEWEST = 5

/** p is then a multiple of 1/2000: enough to tell 1 % from 2 % each time. */
const PERMUTATIONS = 1999

/**
 * Whether neighbours in a series are alike: von Neumann's ratio of the ranks (midranks for ties), as
 * lag1 = 1 - ratio / 2, against its distribution over random arrangements of the same values. One-sided, as only
 * likeness makes intervals too narrow. The test has its level at every n and for every distribution.
 * The arrangements are always the same, so the same series gives the same p.
 *
 * Source: R. Bartels, J. Amer. Statist. Assoc. 77 (1982); p as (b + 1) / (m + 1): Phipson & Smyth,
 * Stat. Appl. Genet. Mol. Biol. 9 (2010).
 */
export function autocorrelation(series: readonly number[]): Autocorrelation {
  if (series.length < FEWEST) return { state: 'too-few', needed: FEWEST }
  const ranks = midranks(series)
  const observed = roughness(ranks)
  const random = mulberry32(1)
  let atMost = 0
  for (let i = 0; i < PERMUTATIONS; i++) {
    if (roughness(shuffled(ranks, random)) <= observed) atMost++
  }
  return {
    state: 'tested',
    lag1: lag1(ranks, observed),
    p: (atMost + 1) / (PERMUTATIONS + 1),
  }
}

function lag1(ranks: readonly number[], observed: number): number {
  const mean = (ranks.length + 1) / 2
  const spread = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0)
  return spread === 0 ? 0 : 1 - observed / spread / 2
}

/** The sum of squared steps. Ranks are multiples of a half, so it is exact. */
function roughness(ranks: readonly number[]): number {
  let sum = 0
  for (let i = 1; i < ranks.length; i++) sum += (ranks[i] - ranks[i - 1]) ** 2
  return sum
}

function midranks(series: readonly number[]): number[] {
  const sorted = series.toSorted((a, b) => a - b)
  return series.map(value => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1)
}
