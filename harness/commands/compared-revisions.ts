import { UsageError } from '../errors.ts'
import type { Revision } from '../revision.ts'
import { revisionOfCommand } from '../revisions/revision-of-command.ts'
import { headRevision, revisionOfDirectory } from '../revisions/revision-of-directory.ts'
import { commitOf, revisionOfRef } from '../revisions/revision-of-ref.ts'
import type { Building } from '../revisions/worktree.ts'

/** Whose subjects are measured side by side. */
export interface RevisionOptions {
  base?: string | undefined
  head?: string | undefined
  baseCommand?: string | undefined
  headCommand?: string | undefined
}

/**
 * What `compare` measures: base first. Builds what is a git ref, once all that was named is known to be.
 * @throws UsageError for what does not exist or is told twice
 * @throws RunError for what does not build
 */
export async function comparedRevisions(
  options: RevisionOptions,
  directories: readonly [string, string] | null,
  building: Building,
): Promise<[Revision, Revision]> {
  assertOnce('--base', options.base, options.baseCommand)
  assertOnce('--head', options.head, options.headCommand)
  if (directories !== null) {
    if (namesRevisions(options)) {
      throw new UsageError(
        'two directories are compared by themselves: leave --base and --head out',
      )
    }
    const [base, head] = directories
    return [revisionOfDirectory('base', base), revisionOfDirectory('head', head)]
  }
  const base = builderOf('base', options.base, options.baseCommand, building)
  if (base === undefined) {
    throw new UsageError(
      'nothing to compare with: name two records, two built checkouts, --base REF or --base-command CMD',
    )
  }
  const head = builderOf('head', options.head, options.headCommand, building)
  return [await base(), (await head?.()) ?? headRevision('head')]
}

function namesRevisions({ base, head, baseCommand, headCommand }: RevisionOptions): boolean {
  return [base, head, baseCommand, headCommand].some(given => given !== undefined)
}

function assertOnce(name: string, ref: string | undefined, command: string | undefined): void {
  if (ref === undefined || command === undefined) return
  throw new UsageError(`${name} and ${name}-command are both given; leave one of them out`)
}

/** A build takes a while: what is wrong with the other name is said before. */
function builderOf(
  name: string,
  ref: string | undefined,
  command: string | undefined,
  building: Building,
): (() => Promise<Revision>) | undefined {
  if (command !== undefined) {
    const revision = revisionOfCommand(name, command)
    return async () => revision
  }
  if (ref === undefined) return undefined
  commitOf(ref)
  return () => revisionOfRef(name, ref, building)
}
