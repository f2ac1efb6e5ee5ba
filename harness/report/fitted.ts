import { fewOf } from './listed.ts'

/** A piece of a text that may not get too long. */
export interface Part {
  /** `warnings`, as in `12 warnings` that are left out. */
  name: string
  before: string
  lines: readonly string[]
  after: string
  /** Characters that it may take where there is no room for all; null for what is told whole or not at all. */
  most: number | null
}

export interface Fitting {
  /** Characters in all. */
  most: number
  /** What is said of what is left out, in characters that `roomForThat` holds. */
  leftOut: (names: string) => string
  roomForThat: number
}

/**
 * The parts with a blank line between, as much of them as there is room for. Those with room of their own
 * come first, at least that much of them; the others get what is left, in their order.
 */
export function fitted(parts: readonly Part[], { most, leftOut, roomForThat }: Fitting): string {
  const firsts = parts.filter(part => part.most !== null)
  let room = most - roomForThat
  const areWhole = firsts.reduce((sum, part) => sum + lengthOf(wholeText(part)), 0) <= room
  const shown = new Map(firsts.map(part => [part, areWhole ? whole(part) : cut(part)]))
  for (const { text } of shown.values()) room -= lengthOf(text)
  for (const part of parts.filter(one => !shown.has(one))) {
    const text = wholeText(part)
    if (lengthOf(text) > room) continue
    room -= lengthOf(text)
    shown.set(part, whole(part))
  }
  const missing = parts.flatMap(part => {
    const left = shown.get(part)?.left ?? part.lines.length
    if (left === 0) return []
    return [part.most === null ? part.name : `${left} ${part.name}`]
  })
  const texts = parts.flatMap(part => shown.get(part)?.text ?? [])
  return `${[...texts, ...(missing.length === 0 ? [] : [leftOut(fewOf(missing))])].join(SEPARATOR)}\n`
}

const SEPARATOR = '\n\n'

function lengthOf(text: string): number {
  return text.length + SEPARATOR.length
}

interface Shown {
  text: string
  /** How many lines are left out. */
  left: number
}

function whole(part: Part): Shown {
  return { text: wholeText(part), left: 0 }
}

function wholeText({ before, lines, after }: Part): string {
  return `${before}${lines.join('\n')}${after}`
}

/** The first lines. */
function cut(part: Part): Shown {
  const { before, lines, after, most } = part
  let room = (most ?? 0) - before.length - after.length
  const kept = lines.findIndex(line => {
    room -= line.length + 1
    return room < 0
  })
  if (kept === -1) return whole(part)
  return {
    text: wholeText({ ...part, lines: lines.slice(0, kept) }),
    left: lines.length - kept,
  }
}
