import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findClinic } from './find-clinic.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-find-'))
after(() => rmSync(directory, { recursive: true }))

function install(project: string, version: string): string {
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, 'clinic'), { recursive: true })
  mkdirSync(join(modules, '.bin'), { recursive: true })
  writeFileSync(join(modules, 'clinic', 'bin.js'), '', { mode: 0o755 })
  writeFileSync(join(modules, 'clinic', 'package.json'), `{"name":"clinic","version":"${version}"}`)
  symlinkSync('../clinic/bin.js', join(modules, '.bin', 'clinic'))
  return join(modules, '.bin')
}

test('a project’s clinic goes before that on PATH, and a parent’s will do', () => {
  const project = join(directory, 'project')
  const below = join(project, 'src', 'deep')
  mkdirSync(below, { recursive: true })
  const own = install(project, '13.0.0')
  const other = install(join(directory, 'other'), '12.1.0')
  assert.deepEqual(findClinic(below, [other]), { path: join(own, 'clinic'), version: '13.0.0' })
  assert.deepEqual(findClinic('/', [other]), { path: join(other, 'clinic'), version: '12.1.0' })
  chmodSync(join(other, '..', 'clinic', 'bin.js'), 0o644)
  assert.equal(findClinic('/', [other, '']), undefined, 'not executable')
})

test('a clinic that no package.json tells of has no version', () => {
  const place = join(directory, 'bare')
  mkdirSync(place)
  writeFileSync(join(place, 'clinic'), '', { mode: 0o755 })
  assert.deepEqual(findClinic('/', [place]), { path: join(place, 'clinic'), version: null })
})
