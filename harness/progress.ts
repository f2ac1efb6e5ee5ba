import { printable } from './printable.ts'

const barWidth = 24
/** A stream that does not say how wide it is. */
const usualColumns = 80

export type ProgressStyle =
  /** One line at the bottom of a terminal, painted over by the next. */
  | 'repainted'
  /** A line each, for logs. */
  | 'lines'
  | 'quiet'

export interface ProgressStream {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

/** How to tell people on this stream, unless they do not want to be told. */
export function progressStyle(stream: ProgressStream, quiet: boolean): ProgressStyle {
  if (quiet) return 'quiet'
  return stream.isTTY === true ? 'repainted' : 'lines'
}

/**
 * Where a run stands, on stderr: stdout is for data. Writes when told to and at no other time, so
 * that nothing is painted during a slice: there is no timer in here. What it is given may be a dead
 * subject's last words, and is made printable.
 */
export class Progress {
  readonly #style: ProgressStyle
  readonly #stream: ProgressStream
  #painted = false

  constructor(style: ProgressStyle, stream: ProgressStream = process.stderr) {
    this.#style = style
    this.#stream = stream
  }

  /** What is true now. On a terminal the next call replaces it. */
  show(text: string): void {
    if (this.#style === 'lines') this.#stream.write(`${printable(text)}\n`)
    if (this.#style !== 'repainted') return
    // one column stays free: a full line would wrap, and the next repaint leave half of it
    const room = (this.#stream.columns ?? usualColumns) - 1
    this.#stream.write(`${eraseLine}${printable(text).slice(0, room)}`)
    this.#painted = true
  }

  /** A line that stays: a warning, a subject that failed. */
  note(text: string): void {
    this.clear()
    if (this.#style !== 'quiet') this.#stream.write(`${printable(text)}\n`)
  }

  /** Takes the repainted line away: to be called before anything else is printed. */
  clear(): void {
    if (!this.#painted) return
    this.#stream.write(eraseLine)
    this.#painted = false
  }
}

const eraseLine = '\r\u001b[2K'

/** 'round 3/16 · ibd large, 1 peer · 0:41 elapsed, 2:38 left' */
export function roundLine(options: {
  /** From 1. */
  round: number
  rounds: number
  label: string
  elapsedMs: number
}): string {
  const { round, rounds, label, elapsedMs } = options
  const head = `round ${round}/${rounds} · ${label}`
  return `${head} · ${timing(elapsedMs, (round - 1) / rounds)}`
}

/** 'building chain large [######------------------]  25 % · 0:03 elapsed, 0:09 left' */
export function barLine(options: { label: string; fraction: number; elapsedMs: number }): string {
  const { label, elapsedMs } = options
  const fraction = Math.min(Math.max(options.fraction, 0), 1)
  const filled = Math.floor(fraction * barWidth)
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`
  const percent = String(Math.floor(fraction * 100)).padStart(3)
  return `${label} ${bar} ${percent} % · ${timing(elapsedMs, fraction)}`
}

/** What is left is reckoned from what was done so far; nothing done, nothing said. */
function timing(elapsedMs: number, done: number): string {
  const elapsed = `${clock(elapsedMs)} elapsed`
  return done === 0 ? elapsed : `${elapsed}, ${clock((elapsedMs * (1 - done)) / done)} left`
}

/** '0:07', '12:34', '1:02:03' */
export function clock(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const [first, ...rest] = parts[0] === 0 ? parts.slice(1) : parts
  return [first, ...rest.map(part => String(part).padStart(2, '0'))].join(':')
}
