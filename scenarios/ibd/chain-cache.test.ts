import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { buildChain } from './chain-builder.ts'
import { cacheDirectory, cacheFileName, loadOrBuildChain } from './chain-cache.ts'

const parameters = { profile: 'mainnet:0.05', blocks: 25, seed: 3 }
const name = cacheFileName(parameters)
const root = mkdtempSync(join(tmpdir(), 'sockbench-chain-'))
let directory = root
let round = 0
beforeEach(() => {
  directory = join(root, `${++round}`, 'cache')
})
after(() => rmSync(root, { recursive: true }))

/** The chain, the warnings, and whether it had to be built. */
async function fetchChain() {
  const warnings: string[] = []
  let built = false
  const chain = await loadOrBuildChain(parameters, {
    directory,
    warn: line => warnings.push(line),
    onProgress: () => {
      built = true
    },
  })
  const { tipHash } = await buildChain(parameters)
  assert.equal(chain.tipHash, tipHash)
  return { chain, warnings, built }
}

test('a built chain is cached, and the cached one is the same byte for byte', async () => {
  const first = await fetchChain()
  const second = await fetchChain()
  assert.deepEqual([first.built, second.built], [true, false])
  assert.deepEqual([...first.warnings, ...second.warnings], [])
  assert.deepEqual(second.chain.records, first.chain.records)
  assert.deepEqual(second.chain.blockBytes(25), first.chain.blockBytes(25))
  assert.deepEqual(readdirSync(directory), [name])
})

test('other parameters have other files', () => {
  const names = new Set([
    name,
    cacheFileName({ ...parameters, profile: 'small' }),
    cacheFileName({ ...parameters, blocks: 26 }),
    cacheFileName({ ...parameters, seed: 4 }),
  ])
  assert.equal(names.size, 4)
})

const damages: [string, (file: Buffer) => Buffer][] = [
  ['a flipped bit in the header', file => flip(file, 3)],
  ['a flipped bit in a length', file => flip(file, 256)],
  ['a flipped bit in a head', file => flip(file, 800)],
  ['a flipped bit in the digest', file => flip(file, file.length - 1)],
  ['a missing last byte', file => file.subarray(0, -1)],
  ['a truncation to a few bytes', file => file.subarray(0, 10)],
  ['an extra byte', file => Buffer.concat([file, Buffer.of(0)])],
  ['no content', () => Buffer.alloc(0)],
]
for (const [what, damage] of damages) {
  test(`${what} is noticed in one line, and the file is rebuilt`, async () => {
    await fetchChain()
    const path = join(directory, name)
    const intact = readFileSync(path)
    writeFileSync(path, damage(Buffer.from(intact)))
    const { built, warnings } = await fetchChain()
    assert.ok(built)
    assert.deepEqual(warnings, [`chain cache ${path} is damaged; building the chain anew`])
    assert.deepEqual(readFileSync(path), intact)
    assert.deepEqual(readdirSync(directory), [name])
  })
}

function flip(file: Buffer, offset: number): Buffer {
  file[offset] ^= 1
  return file
}

test('the file of other parameters under this name is not taken for this chain', async () => {
  await fetchChain()
  const other = { ...parameters, seed: 4 }
  await loadOrBuildChain(other, { directory, warn: assert.fail })
  writeFileSync(join(directory, name), readFileSync(join(directory, cacheFileName(other))))
  const { built, warnings } = await fetchChain()
  assert.ok(built)
  assert.equal(warnings.length, 1)
})

test('a cache directory that cannot be made costs one line', async () => {
  mkdirSync(join(directory, '..'))
  writeFileSync(directory, 'a file where the directory should be')
  const { built, warnings } = await fetchChain()
  assert.ok(built)
  assert.match(warnings.at(-1) ?? '', /cannot be written \((ENOTDIR|EEXIST)\); set SOCKBENCH_CACHE/)
})

test('a full disk costs one line and leaves no temporary file', async () => {
  mkdirSync(directory, { recursive: true })
  symlinkSync('/dev/full', join(directory, `${name}.tmp-${process.pid}`))
  const { built, warnings } = await fetchChain()
  assert.ok(built)
  assert.match(
    warnings.join('\n'),
    /^chain cache .* cannot be written \(ENOSPC\); set SOCKBENCH_CACHE[^\n]*$/,
  )
  assert.deepEqual(readdirSync(directory), [])
})

test('what a killed process left half written is removed, and what a living one writes is not', async () => {
  const { pid: dead } = spawnSync('true')
  mkdirSync(directory, { recursive: true })
  for (const pid of [dead, process.ppid]) writeFileSync(join(directory, `${name}.tmp-${pid}`), '')
  await fetchChain()
  assert.deepEqual(readdirSync(directory).sort(), [name, `${name}.tmp-${process.ppid}`])
})

test('a cache file that cannot be read is said so', async () => {
  mkdirSync(join(directory, name), { recursive: true })
  const { built, warnings } = await fetchChain()
  assert.ok(built)
  assert.match(warnings[0], /cannot be read \(EISDIR\); building/)
  assert.deepEqual(readdirSync(directory), [name])
})

test('the directory comes from SOCKBENCH_CACHE, XDG_CACHE_HOME, or the home directory', () => {
  assert.equal(cacheDirectory({ SOCKBENCH_CACHE: '/a', XDG_CACHE_HOME: '/b' }), '/a')
  assert.equal(cacheDirectory({ XDG_CACHE_HOME: '/b' }), '/b/sockbench')
  assert.match(cacheDirectory({}), /\/\.cache\/sockbench$/)
})
