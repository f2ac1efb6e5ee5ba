import { painted } from './colours.ts'
import { isCompared, metricNames } from './compared-metrics.ts'
import type { ForestRow } from './forest.ts'
import { change, signedPercent } from './quantities.ts'
import type { TerminalStyle } from './terminal-style.ts'

/** What the bars of all sections mean, said once. */
export function barLegend(style: TerminalStyle): string {
  const { line, from, dot, to, below, above } = charactersOf(style)
  return (
    `bars: ratios with their intervals (${from}${line}${dot}${line}${to}) on the scale above them, ` +
    `| no difference, [ ] the margin, ${below} ${above} beyond the scale`
  )
}

/** A forest plot in text, by metric and reference; nothing where there are no intervals. */
export function forestBars(rows: readonly ForestRow[], style: TerminalStyle): string {
  const drawn = rows.filter(isDrawn)
  const titles = [...new Set(drawn.map(titleOf))]
  const room = roomFor(drawn, titles, style.columns)
  return titles
    .map(title =>
      blockText(
        title,
        drawn.filter(row => titleOf(row) === title),
        room,
        style,
      ),
    )
    .join('\n')
}

type Drawn = ForestRow & { interval: { low: number; high: number } }

function isDrawn(row: ForestRow): row is Drawn {
  return row.interval !== null
}

/** Programs that are compared with themselves have a reference each, and one block together. */
function titleOf({ kind, metric, baseline }: ForestRow): string {
  const name = isCompared(metric) ? metricNames[metric] : metric
  return kind === 'loops' ? `${name}, against one loop for all` : `${name} against ${baseline}`
}

interface Room {
  name: number
  /** Odd, so that it has a middle. */
  bar: number
}

const WIDEST_BAR = 41
const NARROWEST_BAR = 15
const SHORTEST_NAMES = 12
const GAP = 2

function roomFor(rows: readonly Drawn[], titles: readonly string[], columns: number | null): Room {
  const longest = Math.max(...rows.map(({ subject }) => subject.length), ...titles.map(lengthOf), 0)
  if (columns === null) return { name: longest, bar: WIDEST_BAR }
  const figures = Math.max(...rows.map(row => changeOf(row).length), 0)
  const left = columns - figures - 2 * GAP
  const name = Math.min(longest, Math.max(SHORTEST_NAMES, left - NARROWEST_BAR))
  const widest = Math.min(WIDEST_BAR, Math.max(NARROWEST_BAR, left - name))
  return { name, bar: widest - 1 + (widest % 2) }
}

function lengthOf({ length }: string): number {
  return length
}

function blockText(
  title: string,
  rows: readonly Drawn[],
  { name, bar }: Room,
  style: TerminalStyle,
): string {
  const limit = limitOf(rows)
  const [low, high] = [signedPercent(-limit), signedPercent(limit)]
  const scale = `${low}${high.padStart(bar - low.length)}`
  const gap = ' '.repeat(GAP)
  const lines = rows.map(row => {
    const { verdict } = row
    const text = `${barText(row, limit, bar, style)}${gap}${changeOf(row)}`
    return `${cut(row.subject, name).padEnd(name)}${gap}${painted(text, verdict, style.colour)}`
  })
  return [`${cut(title, name).padEnd(name)}${gap}${scale}`, ...lines].join('\n')
}

function changeOf({ ratio, interval: { low, high } }: Drawn): string {
  return change(ratio, low, high)
}

function cut(name: string, width: number): string {
  return name.length <= width ? name : `${name.slice(0, width - 1)}…`
}

/** In per cent: holds three quarters of the intervals, and the margin twice; what is far off would hide the rest. */
function limitOf(rows: readonly Drawn[]): number {
  const reaches = rows
    .map(({ interval: { low, high } }) => 100 * Math.max(Math.abs(low - 1), Math.abs(high - 1)))
    .toSorted((one, other) => one - other)
  const enough = reaches[Math.ceil(0.75 * reaches.length) - 1]
  const [{ marginPercent }] = rows
  return Math.min(100, rounded(Math.max(enough, 2 * marginPercent)))
}

/** Up to a figure that reads well. */
function rounded(percent: number): number {
  const power = 10 ** Math.floor(Math.log10(percent))
  const step = [1, 2, 3, 5, 10].find(one => one * power >= percent * (1 - 1e-9)) ?? 10
  return step * power
}

interface Characters {
  empty: string
  line: string
  from: string
  to: string
  dot: string
  below: string
  above: string
}

function charactersOf({ ascii }: TerminalStyle): Characters {
  return ascii === true
    ? { empty: '.', line: '-', from: '(', to: ')', dot: 'o', below: '<', above: '>' }
    : { empty: '·', line: '─', from: '├', to: '┤', dot: '●', below: '◀', above: '▶' }
}

function barText(row: Drawn, limit: number, width: number, style: TerminalStyle): string {
  const { ratio, interval, marginPercent } = row
  const { empty, line, from, to, dot, below, above } = charactersOf(style)
  const half = (width - 1) / 2
  const place = (percent: number) => half + Math.round((percent / limit) * half)
  const placeOf = (value: number) => place(100 * (value - 1))
  const cells = Array.from({ length: width }, () => empty)
  const put = (at: number, character: string) => {
    if (at >= 0 && at < width) cells[at] = character
  }
  put(place(-marginPercent), '[')
  put(place(marginPercent), ']')
  put(half, '|')
  const [low, high] = [placeOf(interval.low), placeOf(interval.high)]
  for (let at = Math.max(0, low); at <= Math.min(width - 1, high); at++) put(at, line)
  put(low, from)
  put(high, to)
  put(placeOf(ratio), dot)
  if (low < 0) put(0, below)
  if (high >= width) put(width - 1, above)
  return cells.join('')
}
