import assert from 'node:assert/strict'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { buildChain } from '../ibd/chain-builder.ts'
import { blockSizes } from '../ibd/chain-profile.ts'
import { loadOrWriteServedChain, servedChain } from './served-chain.ts'

const parameters = { profile: 'small:3+5000', blocks: 5, seed: 2 }
let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sockbench-served-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** The path of the file, and how it came about. */
async function load(changes: { seed?: number; directory?: string } = {}) {
  const warnings: string[] = []
  let built = false
  const served = await loadOrWriteServedChain({
    parameters: { ...parameters, seed: changes.seed ?? parameters.seed },
    directory: changes.directory ?? directory,
    warn: line => warnings.push(line),
    onProgress: () => {
      built = true
    },
  })
  return { served, warnings, built }
}

async function pathAfterLoad(): Promise<string> {
  const { served } = await load()
  assert.ok(served.state === 'there')
  return served.path
}

test('the chain that is served has headers for the largest request, and large blocks', () => {
  const sizes = blockSizes(servedChain)
  assert.ok(sizes.length > 2_000)
  assert.equal(sizes.at(-1), 990_000)
})

test('a chain is written once, block for block, and then used again', async () => {
  const { served, built } = await load({ directory: join(directory, 'new') })
  assert.ok(served.state === 'there' && built)
  const chain = await buildChain(parameters)
  for (let height = 1; height <= 5; height++) {
    assert.deepEqual(Buffer.from(served.store.block(height) ?? []), chain.blockBytes(height))
  }
  const again = await load({ directory: join(directory, 'new') })
  assert.ok(again.served.state === 'there' && !again.built)
  assert.equal(again.served.path, served.path)
  assert.equal(again.served.store.tipHeight, 5)
})

test('other parameters are another file', async () => {
  await load()
  await load({ seed: 3 })
  assert.equal(readdirSync(directory).length, 2)
})

const damages: [string, (path: string, file: Buffer) => void, RegExp][] = [
  ['a block that was changed', (path, file) => rewrite(path, file, -100), /block 5 is damaged/],
  [
    'a header that was changed',
    (path, file) => rewrite(path, file, 10),
    /block 1 is not on block 0/,
  ],
  ['a block that is cut off', path => truncateSync(path, 5_000), /block 4 is cut off/],
  [
    'blocks that are missing',
    (path, file) => truncateSync(path, file.length - 5_004),
    /4 of 5 blocks/,
  ],
]
for (const [damage, spoil, warning] of damages) {
  test(`${damage}: the chain is built anew, with a warning`, async () => {
    const path = await pathAfterLoad()
    const whole = readFileSync(path)
    spoil(path, Buffer.from(whole))
    const { served, built, warnings } = await load()
    assert.ok(served.state === 'there' && built)
    assert.match(warnings.join(), warning)
    assert.deepEqual(readFileSync(path), whole)
  })
}

function rewrite(path: string, file: Buffer, at: number): void {
  const changed = at < 0 ? file.length + at : at
  file[changed] ^= 1
  writeFileSync(path, file)
}

test('a directory that cannot be made is a reason, with what to do', async () => {
  const notDirectory = join(await pathAfterLoad(), 'cache')
  const { served } = await load({ directory: notDirectory })
  assert.ok(served.state === 'failed')
  assert.match(served.reason, /cannot be written: ENOTDIR.*; set SOCKBENCH_CACHE/)
})
