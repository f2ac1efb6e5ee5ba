import { median } from './median.ts'

/**
 * How far a series of positive figures moved: the median of its last third over the median of its
 * first, as a logarithm. Far from 0 means that the series had not settled. 0 below six values,
 * where thirds say nothing.
 */
export function drift(series: readonly number[]): number {
  if (series.length < 6) return 0
  const third = Math.floor(series.length / 3)
  return Math.log(median(series.slice(-third)) / median(series.slice(0, third)))
}
