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
import { type TestContext, test } from 'node:test'
import { blockHash } from '../../protocol/p2p/block-header.ts'
import { REGTEST_GENESIS_HASH } from '../../protocol/p2p/constants.ts'
import { hashToHex } from '../../protocol/sha256d.ts'
import { ChainStore, writeChainFile } from './chain-store.ts'
import { testBlocks } from './fixtures/test-chain-file.ts'

const blocks = testBlocks()

function newPath(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-chain-store-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'chain')
}

test('what is written is read back: every block, by height and by hash', t => {
  const path = newPath(t)
  writeChainFile(path, blocks)
  const store = ChainStore.open(path)
  assert.equal(store.tipHeight, blocks.length)
  for (const [index, block] of blocks.entries()) {
    const hash = blockHash(block, 0)
    assert.equal(store.heightOf(hash), index + 1)
    assert.equal(store.hashHex(index + 1), hashToHex(hash))
    assert.deepEqual(store.block(index + 1), block)
    assert.deepEqual(store.header(index + 1), block.subarray(0, 80))
  }
})

test('the genesis block is known by its header, and not stored', t => {
  const path = newPath(t)
  writeChainFile(path, [])
  const store = ChainStore.open(path)
  assert.equal(store.tipHeight, 0)
  assert.equal(store.heightOf(REGTEST_GENESIS_HASH), 0)
  assert.equal(blockHash(store.header(0), 0), REGTEST_GENESIS_HASH)
  assert.equal(store.block(0), undefined)
})

test('headers are as many as there are, up to the count', t => {
  const path = newPath(t)
  writeChainFile(path, blocks)
  const store = ChainStore.open(path)
  const all = Buffer.concat(blocks.map(block => block.subarray(0, 80)))
  assert.deepEqual(Buffer.from(store.headers(1, 2)), all.subarray(0, 160))
  assert.deepEqual(Buffer.from(store.headers(blocks.length, 2_000)), all.subarray(-80))
})

test('a file that is cut off anywhere is refused', t => {
  const path = newPath(t)
  writeChainFile(path, blocks.slice(0, 2))
  const { length } = readFileSync(path)
  for (let cut = length - 1; cut > length - blocks[1].length - 4; cut--) {
    truncateSync(path, cut)
    assert.throws(() => ChainStore.open(path), /block 2 is cut off/, `${cut} of ${length} bytes`)
  }
})

test('a block without its header, and one on another parent, are refused', t => {
  const path = newPath(t)
  writeFileSync(path, Buffer.concat([Buffer.from([79, 0, 0, 0]), Buffer.alloc(200)]))
  assert.throws(() => ChainStore.open(path), /block 1 is cut off/)
  writeChainFile(path, [blocks[0], blocks[2]])
  assert.throws(() => ChainStore.open(path), /block 2 is not on block 1/)
})

test('a file that could not be finished leaves the one before, and nothing else', t => {
  const path = newPath(t)
  writeChainFile(path, blocks.slice(0, 1))
  const before = readFileSync(path)
  const failing = (function* () {
    yield blocks[0]
    throw new Error('no more blocks')
  })()
  assert.throws(() => writeChainFile(path, failing), /no more blocks/)
  assert.deepEqual(readFileSync(path), before)
  assert.deepEqual(readdirSync(join(path, '..')), ['chain'])
})
