import { createHash, randomBytes } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory } from '../../scenarios/ibd/chain-cache.ts'
import { RunError } from '../errors.ts'
import { haveSameLockfile, isBuilt } from './checkout.ts'
import { git } from './git.ts'
import { runStep, type StepResult } from './shell-step.ts'

export interface Building {
  /** Takes a line that stays: what takes long, and the last words of what failed. */
  note: (line: string) => void
  /** Ends it. */
  signal: AbortSignal
}

/** The last file to be written: with it a worktree is whole. */
const marker = '.sockbench-built'

/**
 * The worktree of a commit, built: in the cache, below a name of its repository, by sha. It is built
 * under a name of its own and then renamed, so that two who build the same commit never meet, and one
 * that was interrupted is never mistaken for a whole one.
 * @throws RunError for a commit that cannot be checked out or does not build
 */
export async function builtWorktree(
  repository: string,
  { sha, ref }: { sha: string; ref: string },
  { note, signal }: Building,
): Promise<string> {
  const place = join(cacheDirectory(), 'revisions', nameOf(repository))
  const finished = join(place, sha)
  makePlace(place)
  removeAbandoned(repository, place)
  if (isWhole(finished, repository)) return finished
  if (existsSync(finished)) remove(repository, finished)
  const short = sha.slice(0, 8)
  const what = sha.startsWith(ref) ? short : `${ref} (${short})`
  const building = join(place, `${sha}.${process.pid}.${randomBytes(4).toString('hex')}`)
  note(`building ${what}`)
  try {
    checkOut(repository, sha, building)
    const directory = building
    await installDependencies(what, repository, { directory, note, signal })
    const built = await runStep('npm', ['run', '-s', 'build'], { directory, signal })
    expectDone(built, { what, step: 'build', note, signal })
    if (!isBuilt(building)) {
      throw new RunError(
        `${what} builds, but has no dist/harness/subject-process.js: compare with a newer commit`,
      )
    }
    writeFileSync(join(building, marker), `${sha}\n`)
    return keep(repository, building, finished)
  } catch (error) {
    remove(repository, building)
    throw error
  }
}

function makePlace(place: string): void {
  try {
    mkdirSync(place, { recursive: true })
    accessSync(place, constants.W_OK)
  } catch (error) {
    const cause = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new RunError(`cannot keep builds in ${place}: ${cause}; set SOCKBENCH_CACHE`)
  }
}

/** One repository's builds are linked to its dependencies, and so of no use to another's. */
function nameOf(repository: string): string {
  return createHash('sha256').update(realpathSync(repository)).digest('hex').slice(0, 12)
}

/** With its dependencies: where they are the repository's own, these may have changed since. */
function isWhole(worktree: string, repository: string): boolean {
  if (!existsSync(join(worktree, marker)) || !isBuilt(worktree)) return false
  const dependencies = join(worktree, 'node_modules')
  const linked = lstatSync(dependencies, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  return !linked || (existsSync(dependencies) && haveSameLockfile(worktree, repository))
}

function checkOut(repository: string, sha: string, directory: string): void {
  // Hooks are the developer's, for the developer's own checkouts.
  const noHooks = ['-c', 'core.hooksPath=/dev/null']
  const added = git(repository, ...noHooks, 'worktree', 'add', '--detach', directory, sha)
  if (added.state === 'failed') {
    throw new RunError(`cannot check out ${sha.slice(0, 8)} in ${directory}: ${added.reason}`)
  }
}

async function installDependencies(
  what: string,
  repository: string,
  { directory, note, signal }: Building & { directory: string },
): Promise<void> {
  const ours = join(repository, 'node_modules')
  if (existsSync(ours) && haveSameLockfile(directory, repository)) {
    symlinkSync(realpathSync(ours), join(directory, 'node_modules'))
    return
  }
  note(`${what} has other dependencies than this checkout: npm ci`)
  const args = ['ci', '--no-audit', '--no-fund']
  const installed = await runStep('npm', args, { directory, signal })
  expectDone(installed, { what, step: 'install', note, signal })
}

function expectDone(
  result: StepResult,
  { what, step, note, signal }: Building & { what: string; step: 'build' | 'install' },
): void {
  signal.throwIfAborted()
  if (result.state === 'done') return
  for (const line of result.words) note(`  ${line}`)
  const { reason } = result
  throw new RunError(
    step === 'build'
      ? `${what} does not build (npm run build: ${reason}); see above, or name another ref`
      : `the dependencies of ${what} cannot be installed (npm ci: ${reason}); see above`,
  )
}

/** Whoever comes second, throws its own away. */
function keep(repository: string, building: string, finished: string): string {
  try {
    renameSync(building, finished)
  } catch (error) {
    if (!isWhole(finished, repository)) throw error
    remove(repository, building)
    return finished
  }
  // Its place in the repository's list of worktrees; without it, all but `git worktree list` works.
  git(repository, 'worktree', 'repair', finished)
  return finished
}

/** Left behind by processes that were killed while they built. */
function removeAbandoned(repository: string, place: string): void {
  for (const name of readdirSync(place)) {
    const [, pid] = /^\w+\.(\d+)\.\w+$/.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) remove(repository, join(place, name))
  }
}

/** From the repository's list, too; a damaged one git does not know any more. */
function remove(repository: string, worktree: string): void {
  git(repository, 'worktree', 'remove', '--force', '--force', worktree)
  rmSync(worktree, { recursive: true, force: true })
}
