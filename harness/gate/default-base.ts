import { UsageError } from '../errors.ts'
import { ownCheckout } from '../revisions/checkout.ts'
import { git } from '../revisions/git.ts'

/**
 * What a change is compared with where nobody says: where its branch left the remote's default branch;
 * without a remote, the commit before.
 * @returns the full name of a commit
 * @throws UsageError where there is neither
 */
export function defaultBase(head: string, repository: string = ownCheckout): string {
  for (const branch of ['origin/HEAD', 'origin/main', 'origin/master']) {
    const base = git(repository, 'merge-base', head, branch)
    if (base.state === 'done') return base.stdout
  }
  const parent = git(repository, 'rev-parse', '--verify', '--quiet', `${head}~1`)
  if (parent.state === 'done') return parent.stdout
  throw new UsageError(
    'nothing to compare with: there is no remote branch and no commit before this one; name one with --base',
  )
}
