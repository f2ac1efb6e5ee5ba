import type { TopLevelSpec } from 'vega-lite'
import { printable } from '../../printable.ts'

/** A picture to be drawn, and what it shows in words. */
export interface Chart {
  title: string
  /** With figures: what somebody who does not see it learns instead. */
  description: string
  spec: TopLevelSpec
  /** The same for a phone, where that is worth a picture of its own; others scroll. */
  narrow?: TopLevelSpec
  /** What a reader of it must know. */
  notes: string[]
}

/** One of several pictures under each other, or side by side. */
export type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number]

/** The same room for the figures of each strip, so that those under each other are aligned. */
export const stripAxis = { title: '%', minExtent: 40, maxExtent: 40, titlePadding: 2 } as const

/** What counts as no difference, in per cent: a third more is as far from 1 as a quarter less. */
export function marginBand(marginPercent: number): { percent: number; to: number } {
  return { percent: -marginPercent / (1 + marginPercent / 100), to: marginPercent }
}

/** Room for a name in a picture; the tables have it whole. */
export function shortened(name: string, most = 60): string {
  const text = printable(name)
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}
