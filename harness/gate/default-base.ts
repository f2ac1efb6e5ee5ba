import { UsageError } from '../errors.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { git } from '../revisions/git.ts'

/**
 * What a change is compared with where nobody says: where its branch left the remote's default branch.
 * On that branch itself, and without a remote, it is the commit before; but changes that are not
 * committed are compared with the commit that they change.
 * @param head a commit; undefined for the checkout as it is
 * @returns the full name of a commit
 * @throws UsageError where there is none
 */
export function defaultBase(head: string | undefined, repository: string = ownCheckout): string {
  const commit = head ?? 'HEAD'
  const fork = forkOf(commit, repository)
  const isNew = fork !== commitNamed(commit, repository) || hasChanges(head, repository)
  if (fork !== undefined && isNew) return fork
  const parent = commitNamed(`${commit}~1`, repository)
  if (parent !== undefined) return parent
  throw new UsageError(
    'nothing to compare with: there is no commit before this one here; fetch more, or name one with --base',
  )
}

/** The branch that comes first decides: another may be years old. */
function forkOf(commit: string, repository: string): string | undefined {
  for (const branch of ['origin/HEAD', 'origin/main', 'origin/master']) {
    const base = git(repository, 'merge-base', commit, branch)
    if (base.state === 'done') return base.stdout
  }
  return undefined
}

function commitNamed(name: string, repository: string): string | undefined {
  const found = git(repository, 'rev-parse', '--verify', '--quiet', `${name}^{commit}`)
  return found.state === 'done' ? found.stdout : undefined
}

function hasChanges(head: string | undefined, repository: string): boolean {
  if (head !== undefined) return false
  const changes = git(repository, 'status', '--porcelain', '--untracked-files=no')
  return changes.state === 'done' && changes.stdout !== ''
}
