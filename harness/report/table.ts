import type { Comparison } from '../record.ts'
import { figure } from './quantities.ts'

export interface Table {
  head: string[]
  rows: string[][]
  /** By row: the verdict that its last column tells of. */
  verdicts: (Comparison['verdict'] | null)[]
}

/** What stands for a figure that does not exist. */
export const absent = '—'

export function cell(value: number | null): string {
  return value === null ? absent : figure(value)
}

/** A table of figures alone. */
export function figureTable(head: string[], rows: string[][]): Table {
  return { head, rows, verdicts: rows.map(() => null) }
}
