import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { readBlockHeader } from '../../implementations/protocol/p2p/block-header.ts'
import { REGTEST_GENESIS_HASH } from '../../implementations/protocol/p2p/constants.ts'
import { decodeHeaders } from '../../implementations/protocol/p2p/messages/headers.ts'
import { hashToHex } from '../../implementations/protocol/sha256d.ts'
import type { Chain } from './chain.ts'
import { buildChain } from './chain-builder.ts'
import { CHAIN_FORMAT_VERSION } from './chain-cache.ts'
import { MAX_BLOCK_BYTES, MIN_BLOCK_BYTES } from './chain-profile.ts'
import { coinbaseHead } from './coinbase.ts'

process.env.NODE_BACKEND = 'js'
const require = createRequire(import.meta.url)

interface BcoinBlock {
  rhash(): string
  verifyPOW(): boolean
  verifyBody(): boolean
  getCoinbaseHeight(): number
  toRaw(): Buffer
  txs: { getLegacySigops(): number; outputs: { value: number }[] }[]
}
const Block = require('bcoin/lib/primitives/block') as { fromRaw(raw: Buffer): BcoinBlock }

test('the same parameters give the same chain, another seed another one', async () => {
  const tip = async (seed: number) =>
    (await buildChain({ profile: 'small', blocks: 40, seed })).tipHash
  assert.equal(await tip(1), await tip(1))
  assert.notEqual(await tip(1), await tip(2))
  assert.notEqual(await tip(0), await tip(1))
})

test('the bytes of this cache format are pinned: raise CHAIN_FORMAT_VERSION when they change', async () => {
  const tips = []
  for (const profile of ['large', 'small', 'mainnet:0.1']) {
    tips.push((await buildChain({ profile, blocks: 34, seed: 7 })).tipHash.slice(0, 16))
  }
  assert.deepEqual(
    [CHAIN_FORMAT_VERSION, ...tips],
    [1, '73bee106119f6852', '15ee093c62dca46b', '66a382c2087d1bb1'],
  )
})

for (const [profile, blocks] of [
  ['small', 300],
  ['large', 3],
  ['mainnet:0.3', 120],
  ['4096', 3],
  ['4097', 3],
] as const) {
  test(`every block of a ${profile} chain obeys the rules of regtest`, async () => {
    const chain = await buildChain({ profile, blocks, seed: 5 })
    assert.equal(chain.blocks, blocks)
    assert.equal(chain.hash(0), REGTEST_GENESIS_HASH)
    for (let height = 1; height <= blocks; ++height) checkBlock(chain, height)
    assert.equal(chain.tipHash, hashToHex(chain.hash(blocks)))
  })
}

/** With node:crypto and bcoin alone, so that no code is shared with the builder. */
function checkBlock(chain: Chain, height: number) {
  const block = chain.blockBytes(height)
  const header = readBlockHeader(block, 0)
  const hash = sha256Twice(block.subarray(0, 80))
  assert.equal(hash.toString('latin1'), chain.hash(height))
  assert.equal(chain.heightOf(chain.hash(height)), height)
  assert.equal(header.prevHash, chain.hash(height - 1))
  assert.equal(header.version, 0x20000000)
  assert.equal(header.bits, 0x207fffff)
  assert.ok(hash[31] < 0x7f || hash.readUIntLE(29, 3) <= 0x7fffff, 'proof of work')
  assert.equal(header.time, 1_296_688_602 + 600 * height)
  assert.equal(block[80], 1)
  assert.equal(header.merkleRoot, sha256Twice(block.subarray(81)).toString('latin1'))
  assert.ok(block.length <= 1_000_000)

  const oracle = Block.fromRaw(block)
  assert.ok(oracle.verifyPOW())
  assert.ok(oracle.verifyBody())
  assert.equal(oracle.rhash(), hashToHex(chain.hash(height)))
  assert.equal(oracle.getCoinbaseHeight(), height)
  assert.deepEqual(oracle.toRaw(), block)
  assert.equal(oracle.txs.length, 1)
  assert.deepEqual(
    oracle.txs[0].outputs.map(output => output.value),
    [0],
  )
  assert.equal(oracle.txs[0].getLegacySigops(), 0)
  checkFrame(chain, height, block)
}

function checkFrame(chain: Chain, height: number, block: Buffer) {
  const head = chain.heads.subarray(
    chain.headOffset(height),
    chain.headOffset(height) + chain.headBytes(height),
  )
  assert.equal(head.toString('hex', 0, 16), 'fabfb5da626c6f636b00000000000000')
  assert.equal(head.readUInt32LE(16), block.length)
  assert.deepEqual(head.subarray(20, 24), sha256Twice(block).subarray(0, 4))
  assert.equal(chain.frameBytes(height), 24 + block.length)
  assert.equal(chain.tailBytes(height) === 0, block.length <= 4096)
}

function sha256Twice(bytes: Buffer): Buffer {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}

test('the heads stand without gaps, so that small frames are one run of bytes', async () => {
  const chain = await buildChain({ profile: 'mainnet:0.2', blocks: 60, seed: 1 })
  let offset = 0
  for (let height = 1; height <= 60; ++height) {
    assert.equal(chain.headOffset(height), offset)
    offset += chain.headBytes(height)
  }
  assert.equal(chain.heads.length, offset)
})

test('a coinbase has exactly the asked size, also where length prefixes grow', () => {
  const around = (size: number) => Array.from({ length: 80 }, (_, i) => size - 40 + i)
  const sizes = [
    MIN_BLOCK_BYTES - 81,
    ...around(320),
    ...around(390),
    ...around(65_650),
    MAX_BLOCK_BYTES - 81,
  ]
  for (const height of [1, 16, 17, 127, 128, 255, 256, 32_768, 65_536]) {
    for (const size of sizes) {
      const { head, tailBytes } = coinbaseHead(height, 0xffffffff, size)
      assert.equal(head.length + tailBytes, size)
    }
  }
})

test('BIP34 heights are minimal script numbers', () => {
  const scriptSig = (height: number) => {
    const { head } = coinbaseHead(height, 1, 300)
    return head.toString('hex', 42, 42 + head[41])
  }
  const seedPush = '0401000000'
  assert.equal(scriptSig(1), `51${seedPush}`)
  assert.equal(scriptSig(16), `60${seedPush}`)
  assert.equal(scriptSig(17), `0111${seedPush}`)
  assert.equal(scriptSig(127), `017f${seedPush}`)
  assert.equal(scriptSig(128), `028000${seedPush}`)
  assert.equal(scriptSig(256), `020001${seedPush}`)
  assert.equal(scriptSig(32_768), `03008000${seedPush}`)
})

test('a headers payload carries the asked headers', async () => {
  const chain = await buildChain({ profile: 'small', blocks: 10, seed: 1 })
  const payload = chain.headersPayload(4, 3)
  const offsets = decodeHeaders(payload)
  assert.ok(offsets instanceof Int32Array)
  assert.deepEqual(
    Array.from(offsets, offset => readBlockHeader(payload, offset).prevHash),
    [chain.hash(3), chain.hash(4), chain.hash(5)],
  )
})

test('progress runs from 0 to the number of blocks, and an aborted build ends', async () => {
  const seen: number[] = []
  await buildChain(
    { profile: 'small', blocks: 20, seed: 1 },
    { onProgress: (done, total) => seen.push(done, total) },
  )
  assert.deepEqual([seen[0], seen.at(-2), seen.at(-1)], [0, 20, 20])
  const aborted = buildChain(
    { profile: 'large', blocks: 100, seed: 1 },
    { signal: AbortSignal.abort() },
  )
  await assert.rejects(aborted, { name: 'AbortError' })
})
