import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { fingerprint, toolIdentity } from './environment.ts'
import { recordSchema } from './record.ts'

test('the fingerprint and what the run adds make a valid environment', () => {
  const environment = {
    ...fingerprint(),
    loadAfter: 0.5,
    pinning: { driver: [0], subject: [1] },
    socketBufferBytes: [2304, 262_144],
  }
  assert.deepEqual(recordSchema.shape.environment.parse(environment), environment)
})

test('the fingerprint agrees with the tools people would use', () => {
  const { kernel, node, cpus, koffi, sysctls } = fingerprint()
  const shell = (command: string) =>
    execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim()
  assert.equal(kernel, shell('uname -r'))
  assert.equal(`v${node}`, process.version)
  assert.equal(String(cpus.length), shell('nproc'))
  assert.match(koffi, /^3\.\d+\.\d+/)
  assert.match(sysctls['net.ipv4.tcp_rmem'], /^\d+ \d+ \d+$/)
})

test('the tool knows its version', () => {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  )
  assert.equal(toolIdentity().version, version)
})

const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  }).trim()

test('a tool in a checkout of its own knows its commit and whether that is all', {
  skip: noGit(),
}, () => {
  const { directory, root } = makePackage()
  git(directory, 'init', '-q')
  git(directory, 'add', '.')
  git(directory, 'commit', '-qm', 'first')
  const gitSha = git(directory, 'rev-parse', 'HEAD')
  assert.deepEqual(toolIdentity(root), { version: '1.2.3', gitSha, dirty: false })
  writeFileSync(join(directory, 'new.txt'), '')
  assert.deepEqual(toolIdentity(root), { version: '1.2.3', gitSha, dirty: true })

  // installed below it, a package is not what the checkout is
  const inner = new URL('node_modules/inner/', root)
  mkdirSync(inner, { recursive: true })
  writeFileSync(new URL('package.json', inner), '{ "version": "4.5.6" }')
  assert.deepEqual(toolIdentity(inner), { version: '4.5.6', gitSha: null, dirty: null })
})

test('a tool outside git has no commit', () => {
  const { root } = makePackage()
  assert.deepEqual(toolIdentity(root), { version: '1.2.3', gitSha: null, dirty: null })
})

const made: string[] = []
after(() => {
  for (const directory of made) rmSync(directory, { recursive: true })
})

function makePackage() {
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-'))
  made.push(directory)
  writeFileSync(join(directory, 'package.json'), '{ "version": "1.2.3" }')
  return { directory, root: pathToFileURL(`${directory}/`) }
}

function noGit(): false | string {
  return spawnSync('git', ['--version']).status === 0 ? false : 'git is not installed'
}
