import { agree } from './agreement.ts'
import { countText, violation, violationText } from './compare-counters.ts'
import {
  type CounterBaseline,
  type Place,
  placesOf,
  placeText,
  type Tree,
} from './counter-baseline.ts'

/** What one baseline gates otherwise than the one before it, a line each. */
export function baselineChanges(
  before: CounterBaseline,
  after: CounterBaseline,
  tolerancePercent: number,
): string[] {
  const [old, now] = [before, after].map(baseline => new Set(placesOf(baseline).map(placeText)))
  const isNew = (place: Place) => !old.has(placeText(place))
  const isGone = (place: Place) => !now.has(placeText(place))
  const [was, is] = [before, after].map(entriesOf)
  return [
    ...placesOf(before)
      .filter(isGone)
      .map(place => `no longer gated: ${placeText(place)}`),
    ...placesOf(after)
      .filter(isNew)
      .map(place => `new: ${placeText(place)}`),
    ...[...new Map([...was, ...is])].flatMap(([name, entry]) => {
      const from = was.get(name)?.content ?? 0
      const to = is.get(name)?.content ?? 0
      if (isGone(entry)) return []
      if (isNew(entry)) return typeof to === 'string' ? [`not gated: ${name} ${to}`] : []
      if (typeof to === 'string') {
        return typeof from === 'string' ? [] : [`no longer gated: ${name} ${to}`]
      }
      if (typeof from === 'string') return [`gated from now on: ${name} is ${countText(to)}`]
      if (agree(from, to, tolerancePercent)) return []
      return [violationText(violation({ ...entry, was: from, is: to }))]
    }),
  ]
}

/** A counter in a baseline: its count, or why it is not gated. */
interface Entry extends Place {
  unit: string
  counter: string
  content: number | string
}

/** By `direct, ibd: syscall.recv per block`. */
function entriesOf({ counts, notGated }: CounterBaseline): Map<string, Entry> {
  return new Map(
    [...leavesOf(counts), ...leavesOf(notGated)].map(entry => [
      `${placeText(entry)}: ${entry.counter} per ${entry.unit}`,
      entry,
    ]),
  )
}

function leavesOf<T extends Entry['content']>(tree: Tree<T>): Entry[] {
  return Object.entries(tree).flatMap(([workload, backends]) =>
    Object.entries(backends).flatMap(([backend, units]) =>
      Object.entries(units).flatMap(([unit, counters]) =>
        Object.entries(counters).map(([counter, content]) => ({
          workload,
          backend,
          unit,
          counter,
          content,
        })),
      ),
    ),
  )
}
