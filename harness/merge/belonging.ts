import { isDeepStrictEqual } from 'node:util'
import type { RevisionSource } from '../record.ts'
import { RecordError } from '../record-store.ts'

/** What was read, and from where. */
export interface Stored<T> {
  path: string
  content: T
}

/** @throws RecordError */
export function assertNoneTwice(stored: readonly Stored<unknown>[]): void {
  for (const [i, one] of stored.entries()) {
    const twin = stored.slice(i + 1).find(({ content }) => isDeepStrictEqual(content, one.content))
    if (twin === undefined) continue
    const names = one.path === twin.path ? one.path : `${one.path} and ${twin.path}`
    throw new RecordError(`the same twice: ${names}; name it once`)
  }
}

/**
 * @param made how: `by sockbench`, for example
 * @throws RecordError that names the first two that were not made in the same way
 */
export function assertMadeAlike<T>(
  stored: readonly Stored<T>[],
  made: string,
  how: (content: T) => string,
): void {
  const [first, ...others] = stored
  const odd = others.find(({ content }) => how(content) !== how(first.content))
  if (odd === undefined) return
  throw new RecordError(
    `${first.path} was made ${made} ${how(first.content)}, ${odd.path} ${made} ` +
      `${how(odd.content)}: merge what was made alike, or measure again`,
  )
}

/** What the name of a revision stands for. */
export function codeOf({ gitSha, dirty, directory, command }: RevisionSource): string {
  const code = command ?? gitSha ?? directory ?? 'unknown'
  return dirty === true ? `${code} with changes` : code
}
