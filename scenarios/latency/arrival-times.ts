import { mulberry32 } from '../random.ts'

/**
 * The moments at which an open loop intends to start its units of work, in nanoseconds after the
 * loop's start: a Poisson process, whose gaps are exponential with the given mean and owe nothing
 * to when earlier units were finished. The same seed gives the same moments. It never ends.
 */
export function* arrivalTimes(seed: number, meanIntervalNs: number): Generator<number, never> {
  if (!(meanIntervalNs > 0 && Number.isFinite(meanIntervalNs))) {
    throw new RangeError(`mean interval of ${meanIntervalNs} ns: give a finite number above 0`)
  }
  const random = mulberry32(seed)
  let momentNs = 0
  for (;;) {
    // 1 - random() is in (0, 1], so its logarithm is finite
    momentNs -= meanIntervalNs * Math.log(1 - random())
    yield momentNs
  }
}
