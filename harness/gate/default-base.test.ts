import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UsageError } from '../errors.ts'
import { git } from '../revisions/git.ts'
import { defaultBase } from './default-base.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-base-'))
after(() => rmSync(directory, { recursive: true }))

const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.org']

function done(where: string, ...args: string[]): string {
  const result = git(where, ...args)
  assert.ok(result.state === 'done', `git ${args.join(' ')}`)
  return result.stdout
}

function commit(where: string, message: string): string {
  done(where, ...identity, 'commit', '--quiet', '--allow-empty', '-m', message)
  return done(where, 'rev-parse', 'HEAD')
}

test('the base is where the branch left the remote, else the commit before, else unknown', () => {
  const origin = join(directory, 'origin')
  done(directory, 'init', '--quiet', '-b', 'main', origin)
  const first = commit(origin, 'first')
  assert.throws(() => defaultBase('HEAD', origin), new UsageError(nothing))
  commit(origin, 'second')
  assert.equal(defaultBase('HEAD', origin), first)

  const clone = join(directory, 'clone')
  done(directory, 'clone', '--quiet', origin, clone)
  const fork = done(clone, 'rev-parse', 'HEAD')
  commit(clone, 'mine')
  commit(clone, 'mine, too')
  commit(origin, 'theirs')
  done(clone, 'fetch', '--quiet')
  assert.equal(defaultBase('HEAD', clone), fork)
})

const nothing =
  'nothing to compare with: there is no remote branch and no commit before this one; name one with --base'
