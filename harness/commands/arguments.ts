import { InvalidArgumentError } from '@commander-js/extra-typings'

/** Parsers of option values: they throw what commander shows in one line. */

export function list(text: string): string[] {
  const names = text.split(',').map(name => name.trim())
  if (names.includes('')) throw new InvalidArgumentError('name at least one, comma-separated.')
  return names
}

export function repeatable(text: string, before: string[] = []): string[] {
  return [...before, text]
}

export function wholeNumber(from: number, to: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= from && value <= to) return value
    throw new InvalidArgumentError(`give a whole number from ${from} to ${to}.`)
  }
}

export function roundsOrMax(text: string): number | 'max' {
  if (text === 'max') return text
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= MAX_ROUNDS) return value
  throw new InvalidArgumentError(`give a whole number from 1 to ${MAX_ROUNDS}, or max.`)
}

const MAX_ROUNDS = 10_000

export function positiveNumber(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value
  throw new InvalidArgumentError('give a number above 0.')
}

/** '90s', '3m' or '1500ms'. @returns milliseconds */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const milliseconds = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (milliseconds > 0) return milliseconds
  throw new InvalidArgumentError('give a time above 0, as in 90s or 3m.')
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

export function oneOf<T extends string>(known: readonly T[]) {
  return (text: string): T => {
    const found = known.find(value => value === text)
    if (found !== undefined) return found
    throw new InvalidArgumentError(`known: ${known.join(', ')}.`)
  }
}
