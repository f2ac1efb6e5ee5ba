import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
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
