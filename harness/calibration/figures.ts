import type { MeanInterval } from '../statistics/student-t.ts'
import type { Interval } from '../statistics/verdict.ts'
import type { Share } from './share.ts'

/** How a report of a calibration writes figures. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

export function of({ successes, trials }: Share): string {
  return `${successes} of ${trials}`
}

export function percents({ successes, trials, interval }: Share): string {
  if (interval === null) return '–'
  const { low, high } = interval
  return `${percentOf(successes / trials)}; ${percentOf(low)} to ${percentOf(high)}`
}

export function percentOf(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

export function meanText({ mean, low, high }: MeanInterval): string {
  return `${signed(mean)} (${signed(low)} to ${signed(high)})`
}

export function intervalText({ low, high }: Interval): string {
  return `${signed(low)} to ${signed(high)} %`
}

export function signed(value: number): string {
  const text = fixed(Math.abs(value))
  if (Number(text) === 0) return text
  return value < 0 ? `−${text}` : `+${text}`
}

export function fixed(value: number): string {
  return value.toFixed(2)
}

export function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
