import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { replaceFile } from './replace-file.ts'

const directory = mkdtempSync(join(tmpdir(), 'sockbench-replace-'))
after(() => rmSync(directory, { recursive: true }))

test('a file is replaced, and nothing is left beside it', () => {
  const path = join(directory, 'file')
  replaceFile(path, 'old, and longer')
  replaceFile(path, Buffer.from('new'))
  assert.equal(readFileSync(path, 'utf8'), 'new')
  assert.deepEqual(readdirSync(directory), ['file'])
})

test('what cannot be replaced stays, and nothing is left beside it', () => {
  const path = join(directory, 'directory')
  mkdirSync(path)
  assert.throws(() => replaceFile(path, 'text'), { code: 'EISDIR' })
  assert.deepEqual(readdirSync(directory).sort(), ['directory', 'file'])
})

test('a link stays, and what it leads to is replaced, where that is', () => {
  const [places, target, link] = ['links', 'links/there', 'links/link'].map(name =>
    join(directory, name),
  )
  mkdirSync(places)
  mkdirSync(target)
  writeFileSync(join(target, 'file'), 'old')
  symlinkSync(join('there', 'file'), link)
  const { ino } = statSync(link)
  replaceFile(link, 'new')
  assert.ok(lstatSync(link).isSymbolicLink())
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'new')
  assert.notEqual(statSync(link).ino, ino)
  assert.deepEqual(readdirSync(target), ['file'])
})

test('a link in the place of the temporary file is removed, and not written through', () => {
  const [places, victim] = ['planted', 'planted/victim'].map(name => join(directory, name))
  mkdirSync(places)
  writeFileSync(victim, 'as it was')
  symlinkSync(victim, join(places, `.file.${process.pid}.tmp`))
  replaceFile(join(places, 'file'), 'new')
  assert.equal(readFileSync(victim, 'utf8'), 'as it was')
  assert.deepEqual(readdirSync(places).sort(), ['file', 'victim'])
})

test('a pipe is written to, and stays one', context => {
  const path = join(directory, 'fifo')
  if (spawnSync('mkfifo', [path]).status !== 0) return context.skip('there is no mkfifo here')
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  try {
    replaceFile(path, 'text')
    assert.ok(lstatSync(path).isFIFO())
    const read = Buffer.alloc(16)
    assert.equal(read.toString('utf8', 0, readSync(fd, read)), 'text')
  } finally {
    closeSync(fd)
  }
})

test('/dev/stdout is the file that this process prints to, and what it printed stays', () => {
  const path = join(directory, 'printed')
  const module = new URL('./replace-file.js', import.meta.url).href
  const script = `
    const { writeSync } = await import('node:fs')
    const { replaceFile } = await import(${JSON.stringify(module)})
    writeSync(1, 'before, ')
    replaceFile('/dev/stdout', 'text, ')
    writeSync(1, 'after')`
  const fd = openSync(path, 'w')
  const args = ['--input-type=module', '-e', script]
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', fd, 'inherit'] })
  closeSync(fd)
  assert.equal(status, 0)
  assert.equal(readFileSync(path, 'utf8'), 'before, text, after')
})
