import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Interrupted, RunError, UsageError } from '../errors.ts'
import { revisionOfRef } from './revision-of-ref.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-revisions-'))
process.env.SOCKBENCH_CACHE = join(directory, 'cache')
after(() => rmSync(directory, { recursive: true }))

function gitIn(repository: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
  return execFileSync('git', [...identity, ...args], { cwd: repository, encoding: 'utf8' }).trim()
}

let repositories = 0
/** A checkout with one commit, whose build writes its module, and a line into a log. */
function repository(): { root: string; builds: () => number } {
  const root = join(directory, `repository-${repositories++}`)
  const log = `${root}.log`
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  gitIn(root, 'init', '--quiet', '--initial-branch=main')
  const files = {
    '.gitignore': 'node_modules/\ndist/\n',
    'package.json': JSON.stringify({ version: '1.0.0', scripts: { build: 'node build.cjs' } }),
    'package-lock.json': lockfile('1.0.0'),
    'build.cjs': buildScript(log),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  commit(root)
  return { root, builds: () => (existsSync(log) ? readFileSync(log, 'utf8').length : 0) }
}

function lockfile(version: string): string {
  return JSON.stringify({ version, lockfileVersion: 3, requires: true, packages: {} })
}

function buildScript(log: string): string {
  return `const fs = require('node:fs')
fs.mkdirSync('dist/harness', { recursive: true })
fs.appendFileSync(${JSON.stringify(log)}, '.')
fs.writeFileSync('dist/harness/subject-process.js', 'built')
`
}

function commit(root: string): string {
  gitIn(root, 'add', '--all')
  gitIn(root, 'commit', '--quiet', '--message', 'A commit')
  return gitIn(root, 'rev-parse', 'HEAD')
}

async function built(root: string, ref = 'main') {
  const notes: string[] = []
  const signal = new AbortController().signal
  const building = { note: (line: string) => notes.push(line), signal }
  const { process, source, name } = await revisionOfRef('base', ref, building, root)
  assert.ok('module' in process)
  const module = fileURLToPath(process.module)
  return { module, worktree: join(dirname(module), '..', '..'), notes, source, name }
}

async function failing(root: string, ref = 'main') {
  const notes: string[] = []
  const signal = new AbortController().signal
  const building = { note: (line: string) => notes.push(line), signal }
  const error: unknown = await revisionOfRef('base', ref, building, root).then(
    () => assert.fail('it was built'),
    reason => reason,
  )
  assert.ok(error instanceof Error)
  return { error, notes }
}

/** What is in the cache of a repository: finished worktrees, and others. */
function cached(worktree: string): string[] {
  return readdirSync(dirname(worktree))
}

test('a ref is built in a worktree, with the dependencies of this checkout, and kept', async () => {
  const { root, builds } = repository()
  const sha = gitIn(root, 'rev-parse', 'HEAD')
  writeFileSync(join(root, 'build.cjs'), 'an unfinished change')
  const { module, worktree, notes, source, name } = await built(root)
  assert.equal(readFileSync(module, 'utf8'), 'built')
  assert.equal(name, 'base')
  assert.deepEqual(source, {
    name: 'base',
    ref: 'main',
    gitSha: sha,
    dirty: false,
    directory: null,
    command: null,
  })
  assert.ok(lstatSync(join(worktree, 'node_modules')).isSymbolicLink())
  assert.deepEqual(notes, [`building main (${sha.slice(0, 8)})`])
  const again = await built(root, sha)
  assert.deepEqual([again.module, again.notes, builds()], [module, [], 1])
  assert.match(gitIn(root, 'worktree', 'list'), new RegExp(`/${sha} `))
})

test('a broken worktree is built again: its last file, its module or its dependencies are gone', async () => {
  const { root, builds } = repository()
  const { worktree, module } = await built(root)
  rmSync(join(worktree, '.sockbench-built'))
  await built(root)
  assert.equal(builds(), 2)
  rmSync(module)
  await built(root)
  assert.equal(builds(), 3)
  // git knows it no more
  rmSync(join(worktree, '.git'))
  rmSync(join(worktree, '.sockbench-built'))
  await built(root)
  assert.equal(builds(), 4)
  writeFileSync(join(root, 'package-lock.json'), lockfile('2.0.0'))
  const { notes } = await built(root)
  assert.equal(builds(), 5)
  assert.match(notes.join('\n'), /main \(\w{8}\) has other dependencies than this checkout: npm ci/)
  assert.ok(!existsSync(join(worktree, 'node_modules')) || !isLink(join(worktree, 'node_modules')))
  await built(root)
  assert.equal(builds(), 5)
  assert.deepEqual(cached(worktree).length, 1)
})

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}

test('what processes left behind that were killed is removed, and no one else’s', async () => {
  const { root } = repository()
  const { worktree } = await built(root)
  const dead = `${worktree}.${2 ** 30}.abcdef01`
  const alive = `${worktree}.${process.pid}.abcdef01`
  for (const one of [dead, alive]) mkdirSync(one)
  await built(root)
  assert.deepEqual([existsSync(dead), existsSync(alive)], [false, true])
})

test('two who build the same commit at once both get the same whole worktree', async () => {
  const { root, builds } = repository()
  const [one, other] = await Promise.all([built(root), built(root)])
  assert.equal(one.module, other.module)
  assert.equal(readFileSync(one.module, 'utf8'), 'built')
  assert.equal(builds(), 2)
  assert.deepEqual(cached(one.worktree).length, 1)
})

test('a commit that does not build says so in one line, after the compiler’s words', async () => {
  const { root } = repository()
  const { worktree } = await built(root)
  const script = `for (let i = 1; i <= 30; i++) console.log('error ' + i)
console.error('found 30 errors')
process.exit(2)
`
  writeFileSync(join(root, 'build.cjs'), script)
  const sha = commit(root)
  const { error, notes } = await failing(root)
  assert.ok(error instanceof RunError)
  const what = `main (${sha.slice(0, 8)})`
  assert.equal(
    error.message,
    `${what} does not build (npm run build: exit code 2); see above, or name another ref`,
  )
  const words = notes.slice(1)
  assert.equal(notes[0], `building ${what}`)
  assert.equal(words.length, 20)
  assert.ok(words.includes('  error 30') && words.includes('  found 30 errors'))
  assert.equal(cached(worktree).length, 1)
})

test('a commit whose build makes no subject is too old', async () => {
  const { root } = repository()
  writeFileSync(join(root, 'build.cjs'), '')
  commit(root)
  const { error } = await failing(root)
  assert.ok(error instanceof RunError)
  assert.match(
    error.message,
    /^main \(\w{8}\) builds, but has no dist\/harness\/subject-process.js/,
  )
})

test('a cache that cannot be written is named, with what moves it', async () => {
  const { root } = repository()
  const cache = process.env.SOCKBENCH_CACHE
  process.env.SOCKBENCH_CACHE = join(root, 'package.json')
  const { error } = await failing(root).finally(() => {
    process.env.SOCKBENCH_CACHE = cache
  })
  assert.ok(error instanceof RunError)
  assert.match(error.message, /^cannot keep builds in .*: ENOTDIR; set SOCKBENCH_CACHE$/)
})

test('a ref that does not exist is a usage error that says how to list them', async () => {
  const { root } = repository()
  for (const ref of ['nowhere', '--all', 'main:package.json', '']) {
    const { error } = await failing(root, ref)
    assert.ok(error instanceof UsageError, String(error))
    assert.equal(
      error.message,
      `no git ref "${ref}"; \`git branch --all\` and \`git tag\` list what there is`,
    )
  }
})

test('a shallow clone that lacks the ref is told to fetch more', async () => {
  const { root } = repository()
  commitAgain(root)
  const clone = join(directory, 'shallow')
  gitIn(directory, 'clone', '--quiet', '--depth', '1', `file://${root}`, clone)
  const { error } = await failing(clone, 'HEAD~1')
  assert.ok(error instanceof UsageError)
  assert.equal(
    error.message,
    'no git ref "HEAD~1" in this shallow clone; get the rest with `git fetch --unshallow`',
  )
})

function commitAgain(root: string): void {
  writeFileSync(join(root, 'more'), '')
  commit(root)
}

test('outside a checkout, and below the root of another, there are no refs', async () => {
  const { root } = repository()
  for (const place of [directory, join(root, 'node_modules')]) {
    const { error } = await failing(place)
    assert.ok(error instanceof UsageError)
    assert.match(error.message, / is no git checkout, so it has no ref "main"; /)
  }
})

test('an interrupted build ends at once and leaves nothing', { timeout: 30_000 }, async () => {
  const { root } = repository()
  writeFileSync(join(root, 'build.cjs'), 'setTimeout(() => {}, 120_000)')
  commit(root)
  const interruption = new AbortController()
  const note = () => setImmediate(() => interruption.abort(new Interrupted('interrupted')))
  const building = { note, signal: interruption.signal }
  await assert.rejects(revisionOfRef('base', 'main', building, root), Interrupted)
  assert.doesNotMatch(gitIn(root, 'worktree', 'list'), /cache/)
})

test('a hook of git, with its own idea of where things are, changes nothing', async () => {
  const { root } = repository()
  const hook = join(root, '.git', 'hooks', 'post-checkout')
  mkdirSync(dirname(hook), { recursive: true })
  writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  process.env.GIT_DIR = join(directory, 'elsewhere')
  const { module } = await built(root).finally(() => {
    Reflect.deleteProperty(process.env, 'GIT_DIR')
  })
  assert.equal(readFileSync(module, 'utf8'), 'built')
})
