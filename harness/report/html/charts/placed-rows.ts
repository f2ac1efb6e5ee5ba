import type { Verdict } from '../../../record.ts'
import type { ForestRow } from '../../forest.ts'
import { change } from '../../quantities.ts'

/** Rows of a forest plot on a scale that most of them fit: in per cent, as far to the left as to the right. */
export interface PlacedRows {
  reach: number
  rows: PlacedRow[]
  /** Where something goes on beyond the scale. */
  arrows: Arrow[]
}

interface Arrow {
  index: number
  percent: number
  shape: 'triangle-left' | 'triangle-right'
  verdict: Verdict
  description: string
}

interface PlacedRow {
  index: number
  name: string
  /** Null beyond the scale, where an arrow stands for it. */
  percent: number | null
  /** Null where there is no interval. */
  low: number | null
  high: number | null
  verdict: Verdict
  figures: string
  description: string
}

type Row = Pick<ForestRow, 'name' | 'ratio' | 'interval' | 'marginPercent' | 'verdict' | 'words'>

export function placedRows(rows: readonly Row[]): PlacedRows {
  const reach = reachOf(rows)
  return {
    reach,
    rows: rows.map((row, index) => placedRow(row, index, reach)),
    arrows: rows.flatMap((row, index) => arrowsOf(row, index, reach)),
  }
}

export function rowText(row: Row): string {
  return `${row.name}: ${figuresText(row)}, ${row.words}`
}

function placedRow(row: Row, index: number, reach: number): PlacedRow {
  const { name, ratio, interval, verdict } = row
  const placed = (bound: number) => Math.min(reach, Math.max(-reach, percentOf(bound)))
  return {
    index,
    name,
    percent: Math.abs(percentOf(ratio)) > reach ? null : percentOf(ratio),
    low: interval === null ? null : placed(interval.low),
    high: interval === null ? null : placed(interval.high),
    verdict,
    figures: `${figuresText(row)}, ${interval === null ? 'no interval' : verdict}`,
    description: rowText(row),
  }
}

function arrowsOf(row: Row, index: number, reach: number): Arrow[] {
  const bounds = boundsOf(row)
  const arrow = { index, verdict: row.verdict, description: rowText(row) }
  return [
    ...(Math.min(...bounds) < -reach
      ? [{ ...arrow, percent: -reach, shape: 'triangle-left' as const }]
      : []),
    ...(Math.max(...bounds) > reach
      ? [{ ...arrow, percent: reach, shape: 'triangle-right' as const }]
      : []),
  ]
}

/**
 * What holds twice the margin, and every row that does not reach more than six times as far as the middle
 * one. Otherwise one row of −60 % would leave a line of all others.
 */
function reachOf(rows: readonly Row[]): number {
  const reaches = rows
    .map(row => Math.max(...boundsOf(row).map(Math.abs)))
    .sort((one, other) => one - other)
  const middle = Math.max(2 * rows[0].marginPercent, reaches[Math.floor((reaches.length - 1) / 2)])
  return 1.1 * Math.max(middle, ...reaches.filter(reach => reach <= 6 * middle))
}

function boundsOf({ ratio, interval }: Row): number[] {
  return [ratio, interval?.low ?? ratio, interval?.high ?? ratio].map(percentOf)
}

function figuresText({ ratio, interval }: Row): string {
  return change(ratio, interval?.low ?? null, interval?.high ?? null)
}

function percentOf(ratio: number): number {
  return 100 * (ratio - 1)
}
