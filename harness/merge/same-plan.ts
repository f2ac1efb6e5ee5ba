import { isDeepStrictEqual } from 'node:util'
import type { ResolvedConfiguration } from '../configuration/resolved.ts'
import { RecordError } from '../record-store.ts'
import type { Stored } from './belonging.ts'

type Values = ResolvedConfiguration['values']

/**
 * Shards of different plans have some measurements twice, and others not at all: whoever merges these
 * would read a whole that was never planned.
 * @throws RecordError that names the options in which the first two of different plans differ
 */
export function assertSamePlan(stored: readonly Stored<Values>[]): void {
  const [first, ...others] = stored
  for (const other of others) {
    const names = new Set([...Object.keys(first.content), ...Object.keys(other.content)])
    const different = [...names].filter(
      name =>
        !ofOneMachine.has(name) &&
        !isDeepStrictEqual(first.content[name]?.value, other.content[name]?.value),
    )
    if (different.length === 0) continue
    throw new RecordError(
      `${first.path} and ${other.path} are of different plans, they differ in ${different.join(', ')}: ` +
        'merge shards that were given the same options, or measure again',
    )
  }
}

/** Revisions have several names, and are compared by what they stand for. */
const ofOneMachine: ReadonlySet<string> = new Set([
  'shard',
  'seed',
  'base',
  'head',
  'config',
  'out',
  'md',
  'junit',
  'benchmarkJson',
  'json',
  'quiet',
  'color',
])
