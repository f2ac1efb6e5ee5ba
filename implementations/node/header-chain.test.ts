import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockHash, writeBlockHeader } from '../protocol/p2p/block-header.ts'
import {
  REGTEST_BITS,
  REGTEST_GENESIS_HASH,
  REGTEST_GENESIS_HEADER,
} from '../protocol/p2p/constants.ts'
import { meetsTarget } from '../protocol/p2p/proof-of-work.ts'
import { GENESIS_TIME, mineHeader, TestChain } from './fixtures/test-chain.ts'
import { HeaderChain } from './header-chain.ts'

const testChain = new TestChain(200)

function chainOf(length: number): HeaderChain {
  const chain = new HeaderChain()
  for (let height = 1; height <= length; height++) {
    assert.equal(chain.accept(testChain.blocks[height], 0), 'extended')
  }
  return chain
}

test('headers on the tip extend it, and are found by height and by hash', () => {
  const chain = chainOf(20)
  assert.equal(chain.tipHeight, 20)
  for (const height of [0, 1, 20]) {
    assert.equal(chain.hashAt(height), testChain.hashes[height])
    assert.equal(chain.heightOf(testChain.hashes[height]), height)
  }
  assert.equal(chain.heightOf(testChain.hashes[21]), undefined)
})

test('a header is read at its offset', () => {
  const chain = new HeaderChain()
  const headers = testChain.headers(1, 2)
  assert.equal(chain.accept(headers, 80), 'orphan')
  assert.equal(chain.accept(headers, 0), 'extended')
  assert.equal(chain.accept(headers, 80), 'extended')
})

test('known headers, orphans and forks leave the chain as it is', () => {
  const chain = chainOf(5)
  assert.equal(chain.accept(REGTEST_GENESIS_HEADER, 0), 'known')
  assert.equal(chain.accept(testChain.blocks[5], 0), 'known')
  assert.equal(chain.accept(testChain.blocks[7], 0), 'orphan')
  const fork = mineHeader({ prevHash: testChain.hashes[3] })
  assert.equal(chain.accept(fork, 0), 'fork')
  assert.equal(chain.heightOf(blockHash(fork, 0)), undefined)
  assert.equal(chain.tipHeight, 5)
})

test('a header whose hash does not meet the target is invalid', () => {
  const header = Buffer.from(testChain.blocks[1].subarray(0, 80))
  do header[76]++
  while (meetsTarget(blockHash(header, 0), REGTEST_BITS))
  assert.equal(new HeaderChain().accept(header, 0), 'invalid')
})

test('other bits than those of regtest are invalid, though the hash may meet them', () => {
  const header = Buffer.alloc(80)
  const fields = { version: 4, prevHash: REGTEST_GENESIS_HASH, merkleRoot: '\0'.repeat(32) }
  const bits = 0x207ffffe
  let nonce = 0
  do writeBlockHeader(header, 0, { ...fields, time: GENESIS_TIME + 1, bits, nonce: nonce++ })
  while (!meetsTarget(blockHash(header, 0), bits))
  assert.equal(new HeaderChain().accept(header, 0), 'invalid')
})

test('a header must be later than the median of the last eleven', () => {
  const chain = chainOf(20)
  const next = (time: number) => mineHeader({ prevHash: testChain.hashes[20], time })
  assert.equal(chain.accept(next(GENESIS_TIME + 15), 0), 'invalid')
  assert.equal(chain.accept(next(GENESIS_TIME + 16), 0), 'extended')
})

test('while the chain is short the median is of what there is', () => {
  const onGenesis = (time: number) => mineHeader({ prevHash: REGTEST_GENESIS_HASH, time })
  assert.equal(new HeaderChain().accept(onGenesis(GENESIS_TIME), 0), 'invalid')
  assert.equal(new HeaderChain().accept(onGenesis(GENESIS_TIME + 1), 0), 'extended')
})

test('a locator has twelve hashes in a row, doubles its steps, and ends with genesis', () => {
  const chain = chainOf(200)
  const heights = chain.locator(150).map(hash => chain.heightOf(hash))
  const inARow = Array.from({ length: 12 }, (_, i) => 150 - i)
  assert.deepEqual(heights, [...inARow, 137, 133, 125, 109, 77, 13, 0])
  assert.deepEqual(chain.locator(0), [REGTEST_GENESIS_HASH])
  assert.deepEqual(chain.locator(1), [testChain.hashes[1], REGTEST_GENESIS_HASH])
})
