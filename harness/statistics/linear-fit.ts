import { type MeanInterval, pairedTInterval } from './student-t.ts'

/** One planted dose and what was found, in the same unit, as in percent. */
export interface DosePoint {
  dose: number
  estimate: number
}

export interface DoseResponse {
  slope: MeanInterval
  intercept: MeanInterval
}

/**
 * How estimates follow doses: slope 1 and intercept 0 of an instrument without bias. All doses of an
 * experiment share its reference and so its errors: each experiment gives one line, and Student's
 * intervals are over the lines, not over the points.
 *
 * Source: the two-stage analysis of Diggle, Heagerty, Liang & Zeger, Analysis of Longitudinal Data,
 * section 6.3.
 * @throws RangeError for fewer than two experiments, or one whose doses are all the same
 */
export function doseResponse(experiments: readonly (readonly DosePoint[])[]): DoseResponse {
  if (experiments.length < 2) {
    throw new RangeError(
      `an interval of slopes needs two experiments, there are ${experiments.length}`,
    )
  }
  const lines = experiments.map(leastSquares)
  return {
    slope: pairedTInterval(lines.map(({ slope }) => slope)),
    intercept: pairedTInterval(lines.map(({ intercept }) => intercept)),
  }
}

function leastSquares(points: readonly DosePoint[]): { slope: number; intercept: number } {
  const meanDose = mean(points.map(({ dose }) => dose))
  const meanEstimate = mean(points.map(({ estimate }) => estimate))
  const spread = sum(points.map(({ dose }) => (dose - meanDose) ** 2))
  if (!(spread > 0)) throw new RangeError('a line needs two doses that differ')
  const slope =
    sum(points.map(({ dose, estimate }) => (dose - meanDose) * (estimate - meanEstimate))) / spread
  return { slope, intercept: meanEstimate - slope * meanDose }
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
