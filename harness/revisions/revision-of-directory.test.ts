import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { toolIdentity } from '../environment.ts'
import { UsageError } from '../errors.ts'
import { subjectProcess } from '../revision.ts'
import { revisionOfCommand } from './revision-of-command.ts'
import { headRevision, revisionOfDirectory } from './revision-of-directory.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-directory-'))
after(() => rmSync(directory, { recursive: true }))

let checkouts = 0
function checkout(packageJson: string): string {
  const path = join(directory, `checkout-${checkouts++}`)
  mkdirSync(join(path, 'dist', 'harness'), { recursive: true })
  writeFileSync(join(path, 'package.json'), packageJson)
  return path
}

function builtCheckout(packageJson = '{"version":"1.0.0"}'): string {
  const path = checkout(packageJson)
  writeFileSync(join(path, 'dist', 'harness', 'subject-process.js'), '')
  return path
}

test('a built checkout is a revision by its path; its commit is known where git knows it', () => {
  const path = builtCheckout()
  const { process, source, spinsPerRecv } = revisionOfDirectory('head', path)
  assert.ok('module' in process)
  const module = pathToFileURL(join(path, 'dist', 'harness', 'subject-process.js'))
  assert.deepEqual([process.module, spinsPerRecv], [module, null])
  const source0 = { name: 'head', ref: null, directory: path, command: null }
  assert.deepEqual(source, { ...source0, gitSha: null, dirty: null })
  execFileSync('git', ['init', '--quiet'], { cwd: path })
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org']
  const commit = ['commit', '--quiet', '--allow-empty', '--message', 'A commit']
  execFileSync('git', [...identity, ...commit], { cwd: path })
  const known = revisionOfDirectory('head', path).source
  assert.match(known?.gitSha ?? '', /^[0-9a-f]{40}$/)
  assert.equal(known?.dirty, true)
})

test('what is no checkout, or is not built, is a usage error that says what to do', () => {
  const cases: [path: string, message: RegExp][] = [
    [directory, / is no checkout of sockbench: it has no package.json$/],
    [checkout('{}'), / is not built: .*; run `npm ci && npm run build` there$/],
    [builtCheckout('{'), / is no checkout of sockbench: its package.json: .*JSON/],
  ]
  for (const [path, message] of cases) {
    assert.throws(
      () => revisionOfDirectory('base', path),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    )
  }
})

test('the head is this checkout', () => {
  const { process, source } = headRevision('head')
  assert.equal(process, subjectProcess)
  const { gitSha, dirty } = toolIdentity()
  const expected = { name: 'head', ref: null, gitSha, dirty, directory: null, command: null }
  assert.deepEqual(source, expected)
})

test('a command is a revision by itself; an empty one is a usage error', () => {
  const { process, source } = revisionOfCommand('base', './node --fast')
  assert.ok('command' in process)
  assert.equal(process.command, './node --fast')
  assert.equal(source?.command, './node --fast')
  assert.throws(() => revisionOfCommand('base', ' '), UsageError)
})
