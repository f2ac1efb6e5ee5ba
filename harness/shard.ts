import { InvalidArgumentError } from '@commander-js/extra-typings'
import { type Measurement, mostRounds, type Plan } from './plan.ts'

/** One of several machines that share a plan; `number` counts from 1. */
export interface Shard {
  number: number
  of: number
}

/** More machines than anybody has; what lies above is a slip. */
const MOST_SHARDS = 999

/** '2/4', the second of four: a parser of option values. */
export function shard(text: string): Shard {
  const [, number, of] = (/^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? []).map(Number)
  if (number >= 1 && number <= of) return { number, of }
  throw new InvalidArgumentError(
    `give a shard and how many there are, as in 2/4: from 1/1 to ${MOST_SHARDS}/${MOST_SHARDS}.`,
  )
}

export function shardText({ number, of }: Shard): string {
  return `${number}/${of}`
}

/** The plan of one shard: what is not about a measurement, `dispatch` and notes, is the first one's. */
export function shardOfPlan(plan: Plan, part: Shard): Plan {
  const share = { ...plan, shard: shardText(part), measurements: shardOf(plan.measurements, part) }
  return part.number === 1 ? share : { ...share, leftOut: [], dispatchRounds: 0 }
}

/**
 * The measurements of one shard, in the order of the plan: none of them where there are more shards
 * than measurements. Every measurement is in exactly one shard, and so are both sides of whatever it
 * compares. The longest are dealt first, each to the shard that has least until then: the same on
 * every machine that has the same plan. Source: Graham, SIAM J. Appl. Math. 17 (1969), LPT.
 */
export function shardOf(
  measurements: readonly Measurement[],
  { number, of }: Shard,
): Measurement[] {
  const loads = Array.from({ length: of }, () => 0)
  const mine = new Set<Measurement>()
  const longestFirst = measurements.toSorted((one, other) => subjects(other) - subjects(one))
  for (const measurement of longestFirst) {
    const least = loads.indexOf(Math.min(...loads))
    loads[least] += subjects(measurement)
    if (least === number - 1) mine.add(measurement)
  }
  return measurements.filter(measurement => mine.has(measurement))
}

/** How long a measurement takes goes, roughly, by how many subjects it starts in one revision. */
function subjects({ workload, backends, schedule }: Measurement): number {
  const twin = 1
  return mostRounds(schedule) * (backends.length * workload.loops.length + twin)
}
