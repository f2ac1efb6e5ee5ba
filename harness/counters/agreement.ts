import type { Counts } from './process-counts.ts'

/** What fresh processes of one program say about one counter. */
export type Agreement =
  | { state: 'stable'; value: number }
  /** No two of them agree. In ascending order. */
  | { state: 'unstable'; values: number[] }

/** By counter, without those that all say are 0. A counter that is missing is one that is 0. */
export function agreements(
  processes: readonly Counts[],
  tolerancePercent: number,
): Record<string, Agreement> {
  const names = new Set(processes.flatMap(counts => Object.keys(counts)))
  const all = [...names].map(name => {
    const values = processes.map(counts => counts[name] ?? 0)
    return [name, agreement(values, tolerancePercent)] as const
  })
  return Object.fromEntries(all.filter(([, one]) => one.state === 'unstable' || one.value !== 0))
}

/** The two nearest to each other decide. */
export function agreement(values: readonly number[], tolerancePercent: number): Agreement {
  const ascending = values.toSorted((a, b) => a - b)
  let nearest: readonly [number, number] | undefined
  for (let i = 1; i < ascending.length; i++) {
    const [low, high] = [ascending[i - 1], ascending[i]]
    if (nearest === undefined || high - low < nearest[1] - nearest[0]) nearest = [low, high]
  }
  if (nearest === undefined || !agree(...nearest, tolerancePercent)) {
    return { state: 'unstable', values: ascending }
  }
  const [low, high] = nearest
  return { state: 'stable', value: low + (high - low) / 2 }
}

/** Whether they differ by no more than so many per cent of the larger one. */
export function agree(one: number, other: number, tolerancePercent: number): boolean {
  const most = Math.max(Math.abs(one), Math.abs(other))
  return Math.abs(one - other) <= (tolerancePercent / 100) * most
}
