import { normalTail } from './normal.ts'

/** `obrien-fleming` spends almost nothing early, `pocock` the same at each look. */
export type Boundary = 'obrien-fleming' | 'pocock'

/**
 * The two-sided level at which to test, or to draw an interval, at each of several looks at
 * accumulating data, so that all of them together err with probability `alpha`. Exact for normal
 * statistics; `scripts/simulate-statistics.ts` shows what becomes of it with few rounds and other noise.
 *
 * Source: Jennison & Turnbull, Group Sequential Methods (2000), sections 2.4, 2.5 and 9.2 (repeated
 * confidence intervals); the recursion: Armitage, McPherson & Rowe, J. R. Statist. Soc. A 132 (1969).
 * @param looks how many rounds there are at each look; the information is their share of the last
 * @throws RangeError unless looks are ascending positive whole numbers and 0 < alpha < 1
 */
export function repeatedAlphas(
  looks: readonly number[],
  boundary: Boundary,
  alpha = 0.05,
): number[] {
  assertAscending(looks)
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`alpha is ${alpha}; take one between 0 and 1`)
  if (looks.length === 1) return [alpha]
  const information = looks.map(rounds => rounds / looks[looks.length - 1])
  const constant = criticalConstant(information, boundary, alpha)
  return information.map(share => 2 * normalTail(criticalZ(share, boundary, constant)))
}

function assertAscending(looks: readonly number[]): void {
  const ascending = looks.every((n, k) => Number.isInteger(n) && n > (k === 0 ? 0 : looks[k - 1]))
  if (looks.length === 0 || !ascending) {
    throw new RangeError(
      `looks at ${looks.join(', ') || 'nothing'}; name ascending numbers of rounds`,
    )
  }
}

function criticalZ(information: number, boundary: Boundary, constant: number): number {
  return boundary === 'pocock' ? constant : constant / Math.sqrt(information)
}

/** C_B(K, α) and C_P(K, α) of Jennison & Turnbull's tables, for any looks; by bisection. */
function criticalConstant(
  information: readonly number[],
  boundary: Boundary,
  alpha: number,
): number {
  let low = 0
  let high = 10
  while (high - low > 1e-8) {
    const middle = (low + high) / 2
    const bounds = information.map(share => criticalZ(share, boundary, middle) * Math.sqrt(share))
    if (1 - probabilityInside(information, bounds) > alpha) low = middle
    else high = middle
  }
  return high
}

/**
 * P(|B(t)| < bound(t) at every t) of a Brownian motion B: the density of B on what has not crossed,
 * carried from look to look. It is symmetric, so half of it is kept.
 */
function probabilityInside(times: readonly number[], bounds: readonly number[]): number {
  const deviations = times.map((time, k) => Math.sqrt(time - (k === 0 ? 0 : times[k - 1])))
  let points: GridPoint[] = [{ at: 0, mass: 0.5 }]
  for (const [k, deviation] of deviations.entries()) {
    // No more than 1e-18 lies outside of nine deviations.
    const end = Math.min(bounds[k], 9 * Math.sqrt(times[k]))
    const step = Math.min(deviation, deviations[k + 1] ?? deviation) / 10
    const before = points
    points = simpson(end, step).map(({ at, mass }) => ({
      at,
      mass: mass * carried(before, at, deviation),
    }))
  }
  return 2 * points.reduce((sum, { mass }) => sum + mass, 0)
}

interface GridPoint {
  at: number
  mass: number
}

/** Simpson's rule from 0 to `end`, as points with their weights, no further apart than `step`. */
function simpson(end: number, step: number): GridPoint[] {
  const intervals = 2 * Math.ceil(end / step / 2)
  const width = end / intervals
  return Array.from({ length: intervals + 1 }, (_, i) => {
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2
    return { at: i * width, mass: (weight * width) / 3 }
  })
}

/** The density at `to` after a normal step from either half; from far away, nothing arrives. */
function carried(from: readonly GridPoint[], to: number, deviation: number): number {
  const scale = -1 / (2 * deviation * deviation)
  let sum = 0
  for (const { at, mass } of from) {
    if (Math.abs(to - at) > 9 * deviation) continue
    sum += mass * (Math.exp(scale * (to - at) ** 2) + Math.exp(scale * (to + at) ** 2))
  }
  return sum / (deviation * Math.sqrt(2 * Math.PI))
}
