import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

const origin = join(directory, 'origin')
done(directory, 'init', '--quiet', '-b', 'main', origin)
writeFileSync(join(origin, 'source.ts'), 'one')
done(origin, 'add', 'source.ts')
const first = commit(origin, 'first')

test('without a remote the base is the commit before, and without that unknown', () => {
  assert.throws(() => defaultBase(undefined, origin), new UsageError(nothing))
  commit(origin, 'second')
  assert.equal(defaultBase(undefined, origin), first)
})

test('of a branch the base is where it left the default branch', () => {
  const clone = cloneAs('branch')
  const fork = done(clone, 'rev-parse', 'HEAD')
  commit(clone, 'mine')
  commit(clone, 'mine, too')
  commit(origin, 'theirs')
  done(clone, 'fetch', '--quiet')
  assert.equal(defaultBase(undefined, clone), fork)
  assert.equal(defaultBase('HEAD~1', clone), fork)
})

test('on the default branch it is the commit before, but for changes the commit that they change', () => {
  done(origin, 'branch', '--force', 'master', first)
  const clone = cloneAs('default')
  const [head, parent] = ['HEAD', 'HEAD~1'].map(name => done(clone, 'rev-parse', name))
  assert.notEqual(parent, first)
  assert.equal(defaultBase(undefined, clone), parent)
  writeFileSync(join(clone, 'new.txt'), 'not of this project')
  assert.equal(defaultBase(undefined, clone), parent)
  writeFileSync(join(clone, 'source.ts'), 'changed')
  assert.equal(defaultBase(undefined, clone), head)
  assert.equal(defaultBase('HEAD', clone), parent)
})

function cloneAs(name: string): string {
  const clone = join(directory, name)
  done(directory, 'clone', '--quiet', origin, clone)
  return clone
}

const nothing =
  'nothing to compare with: there is no commit before this one here; fetch more, or name one with --base'
