import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UsageError } from '../errors.ts'
import { loadConfiguration } from './configuration-file.ts'

const root = mkdtempSync(join(tmpdir(), 'sockbench-configuration-'))
after(() => rmSync(root, { recursive: true }))

function directoryWith(files: Record<string, string>): string {
  const directory = mkdtempSync(join(root, 'case-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  return directory
}

async function refused(files: Record<string, string>, message: RegExp, file?: string) {
  const directory = directoryWith(files)
  await assert.rejects(loadConfiguration({ directory, file }), (error: unknown) => {
    assert(error instanceof UsageError, String(error))
    assert.match(error.message, message)
    assert(!error.message.includes('\n'), 'one line')
    return true
  })
}

const defineConfig = new URL('./define-config.js', import.meta.url).href

test('without a file there is nothing configured', async () => {
  const directory = directoryWith({})
  assert.deepEqual(await loadConfiguration({ directory }), { path: null, config: {} })
})

test('a file in the parent directory is not looked at', async () => {
  const parent = directoryWith({ 'sockbench.config.json': '{"run":{"seed":1}}' })
  const directory = join(parent, 'child')
  mkdirSync(directory)
  assert.equal((await loadConfiguration({ directory })).path, null)
})

test('each of the three kinds of file is found by its name', async () => {
  const files = {
    'sockbench.config.json': '{ "run": { "seed": 1 } }',
    'sockbench.config.mjs': 'export default { run: { seed: 1 } }',
    'sockbench.config.js': 'module.exports = { run: { seed: 1 } }',
  }
  for (const [path, text] of Object.entries(files)) {
    const directory = directoryWith({ [path]: text, 'package.json': '{ "type": "commonjs" }' })
    const loaded = await loadConfiguration({ directory })
    assert.deepEqual(loaded, { path, config: { run: { seed: 1 } } })
  }
})

test('a .js file is a module where package.json says so', async () => {
  const directory = directoryWith({
    'package.json': '{ "type": "module" }',
    'sockbench.config.js': `import { defineConfig } from '${defineConfig}'
      export default defineConfig({ run: { rounds: 'max' } })`,
  })
  const { config } = await loadConfiguration({ directory })
  assert.deepEqual(config, { run: { rounds: 'max' } })
})

test('a module that is taken for CommonJS is told how to be one', async () => {
  // Node 22.7 and later tell a module by its syntax, unless the package says what it is.
  const files = { 'package.json': '{ "type": "commonjs" }' }
  const how = /^sockbench\.config\.js: does not parse: .*; name it \.mjs, or put "type": "module"/
  await refused({ ...files, 'sockbench.config.js': 'export default {}' }, how)
  const importing = "import { a } from 'b'\nexport default a"
  await refused({ ...files, 'sockbench.config.js': importing }, how)
})

test('a promise of the object will do', async () => {
  const directory = directoryWith({
    'sockbench.config.mjs': 'export default Promise.resolve({ run: { seed: 2 } })',
  })
  assert.deepEqual((await loadConfiguration({ directory })).config, { run: { seed: 2 } })
})

test('two files in one directory are refused by name', async () => {
  await refused(
    { 'sockbench.config.js': '', 'sockbench.config.json': '{}' },
    /^sockbench\.config\.js and sockbench\.config\.json are in one directory: keep one, or .*--config/,
  )
})

test('a file that is named goes before those in the directory', async () => {
  const directory = directoryWith({
    'sockbench.config.js': 'throw new Error("not to be loaded")',
    'sockbench.config.json': '{}',
    'ci.json': '{ "run": { "seed": 3 } }',
  })
  const loaded = await loadConfiguration({ directory, file: 'ci.json' })
  assert.deepEqual(loaded, { path: 'ci.json', config: { run: { seed: 3 } } })
  const absolute = join(directory, 'ci.json')
  const same = await loadConfiguration({ directory: root, file: absolute })
  assert.deepEqual(same, { ...loaded, path: absolute })
})

test('a TypeScript file is refused where there is no other, or if it is named', async () => {
  const message = /^sockbench\.config\.ts: TypeScript is not read; write sockbench\.config\.js/
  await refused({ 'sockbench.config.ts': '' }, message)
  await refused({ 'sockbench.config.ts': '' }, message, 'sockbench.config.ts')
  const compiled = directoryWith({ 'sockbench.config.ts': '', 'sockbench.config.json': '{}' })
  const { path } = await loadConfiguration({ directory: compiled })
  assert.equal(path, 'sockbench.config.json')
})

test('a named file that is not there, no file, or of another kind is refused', async () => {
  await refused({}, /^none\.mjs: no such file$/, 'none.mjs')
  await refused({ 'a.yaml': '' }, /^a\.yaml: a "\.yaml" file is not read; write /, 'a.yaml')
  const directory = directoryWith({})
  mkdirSync(join(directory, 'sockbench.config.js'))
  await assert.rejects(loadConfiguration({ directory }), /^UsageError: .*js: not a file$/)
})

test('a link that leads nowhere is refused rather than overlooked', async () => {
  const directory = directoryWith({})
  symlinkSync('nowhere', join(directory, 'sockbench.config.json'))
  await assert.rejects(loadConfiguration({ directory }), /^UsageError: .*json: no such file$/)
})

test('what does not parse is said to', async () => {
  await refused(
    { 'sockbench.config.json': '{ run: 1 }' },
    /^sockbench\.config\.json: is not JSON: /,
  )
  await refused(
    { 'sockbench.config.mjs': 'export default {' },
    /^sockbench\.config\.mjs: does not parse: Unexpected end of input$/,
  )
})

test('what throws, or imports what is not there, gives the first line of its reason', async () => {
  await refused(
    { 'sockbench.config.mjs': 'throw new Error("no token\\nin sight")' },
    /^sockbench\.config\.mjs: cannot be loaded: no token$/,
  )
  await refused({ 'sockbench.config.mjs': 'throw "a text"' }, /cannot be loaded: a text$/)
  await refused(
    { 'sockbench.config.mjs': "import 'no-such-package'" },
    /cannot be loaded: Cannot find package 'no-such-package'/,
  )
  await refused(
    { 'sockbench.config.mjs': 'export default Promise.reject(new Error("no network"))' },
    /^sockbench\.config\.mjs: the exported promise was rejected: no network$/,
  )
})

test('an export that is no object is refused', async () => {
  await refused(
    { 'sockbench.config.mjs': 'export const run = {}' },
    /^sockbench\.config\.mjs: has no default export; write export default/,
  )
  await refused(
    { 'sockbench.config.mjs': 'export default () => ({})' },
    /^sockbench\.config\.mjs: exports a function; export the object itself/,
  )
  await refused({ 'sockbench.config.mjs': 'export default [1]' }, /expected object, received array/)
  await refused({ 'sockbench.config.json': 'null' }, /expected object, received null/)
})
