import { UsageError } from '../errors.ts'
import type { Revision } from '../revision.ts'
import { ownCheckout, subjectsOf } from './checkout.ts'
import { git } from './git.ts'
import { type Building, builtWorktree } from './worktree.ts'

/**
 * A commit of this checkout, by any name that git knows, built in a worktree of its own in the cache
 * (`$SOCKBENCH_CACHE`), where it is found again the next time.
 * @param repository the root of a checkout of this project
 * @throws UsageError for what names no commit
 * @throws RunError for a commit that cannot be checked out or does not build
 */
export async function revisionOfRef(
  name: string,
  ref: string,
  building: Building,
  repository: string = ownCheckout,
): Promise<Revision> {
  const sha = commitOf(ref, repository)
  const worktree = await builtWorktree(repository, { sha, ref }, building)
  return {
    name,
    process: subjectsOf(worktree),
    spinsPerRecv: null,
    source: { name, ref, gitSha: sha, dirty: false, directory: null, command: null },
  }
}

/**
 * The full name of a commit.
 * @throws UsageError for what names none
 */
export function commitOf(ref: string, repository: string = ownCheckout): string {
  const prefix = git(repository, 'rev-parse', '--show-prefix')
  // An installed package may lie somewhere below another project's checkout.
  if (prefix.state === 'failed' || prefix.stdout !== '') {
    throw new UsageError(
      `${repository} is no git checkout, so it has no ref "${ref}"; run sockbench from a clone`,
    )
  }
  const commit = git(repository, 'rev-parse', '--verify', '--end-of-options', `${ref}^{commit}`)
  if (commit.state === 'done') return commit.stdout
  const shallow = git(repository, 'rev-parse', '--is-shallow-repository')
  throw new UsageError(
    shallow.state === 'done' && shallow.stdout === 'true'
      ? `no git ref "${ref}" in this shallow clone; get the rest with \`git fetch --unshallow\``
      : `no git ref "${ref}"; \`git branch --all\` and \`git tag\` list what there is`,
  )
}
