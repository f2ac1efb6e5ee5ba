import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { ChainStore } from '../../implementations/node/http/chain-store.ts'
import { REGTEST_GENESIS_HASH } from '../../implementations/protocol/p2p/constants.ts'
import { hashToHex } from '../../implementations/protocol/sha256d.ts'
import type { Chain } from '../ibd/chain.ts'
import { buildChain } from '../ibd/chain-builder.ts'
import { expectedReplyTo, type RequestKind, requestOf } from './known-requests.ts'
import { loadOrWriteServedChain } from './served-chain.ts'

const parameters = { profile: 'small:2010+70000', blocks: 2012, seed: 5 }
const directory = mkdtempSync(join(tmpdir(), 'sockbench-requests-'))
let chain: Chain
let store: ChainStore

before(async () => {
  chain = await buildChain(parameters)
  const report = { onProgress: () => {}, warn: assert.fail }
  const written = await loadOrWriteServedChain({ parameters, directory, ...report })
  assert.ok(written.state === 'there')
  store = written.store
})

after(() => rmSync(directory, { recursive: true }))

function expectedBody(kind: RequestKind, path: string): Buffer {
  const request = requestOf(kind, store)
  assert.deepEqual([request.method, request.path], [kind === 'rpc' ? 'POST' : 'GET', path])
  const { status, body } = expectedReplyTo(request, store)
  assert.equal(status, 200)
  return body
}

test('a block is asked for by the hash of the tip, and is its bytes', () => {
  const body = expectedBody('block', `/rest/block/${chain.tipHash}.bin`)
  assert.equal(body.length, 70_000)
  assert.deepEqual(body, chain.blockBytes(2012))
})

test('headers are the first 2,000, one after the other', () => {
  const body = expectedBody('headers', `/rest/headers/2000/${hashToHex(chain.hash(1))}.bin`)
  const headers = Array.from({ length: 2000 }, (_, i) => chain.header(i + 1))
  assert.deepEqual(body, Buffer.concat(headers))
})

test("the small reply tells the chain's state", () => {
  const info = JSON.parse(expectedBody('small', '/rest/chaininfo.json').toString())
  assert.deepEqual(
    [info.chain, info.blocks, info.headers, info.bestblockhash],
    ['regtest', 2012, 2012, chain.tipHash],
  )
  // Ten minutes apart, and 11 of them.
  assert.equal(info.time - info.mediantime, 5 * 600)
  assert.notEqual(info.bestblockhash, hashToHex(REGTEST_GENESIS_HASH))
})

test('the call by JSON-RPC counts the blocks', () => {
  const { body } = requestOf('rpc', store)
  assert.equal(JSON.parse(body.toString()).method, 'getblockcount')
  assert.deepEqual(JSON.parse(expectedBody('rpc', '/').toString()), {
    jsonrpc: '2.0',
    result: 2012,
    id: 1,
  })
})
