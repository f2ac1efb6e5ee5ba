import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testBlocks, testChainFile } from './fixtures/test-chain-file.ts'
import { handleRequest } from './routes.ts'

const { store } = testChainFile()
const blocks = testBlocks()
const tipHeight = blocks.length
const unknown = '0'.repeat(64)

function get(target: string, method = 'GET') {
  return handleRequest(store, { method, target, body: new Uint8Array(0) })
}

test('chaininfo tells of the tip', () => {
  const { status, contentType, body } = get('/rest/chaininfo.json')
  assert.deepEqual([status, contentType], [200, 'application/json'])
  const info = JSON.parse(Buffer.from(body).toString())
  assert.equal(info.chain, 'regtest')
  assert.deepEqual([info.blocks, info.headers], [tipHeight, tipHeight])
  assert.equal(info.bestblockhash, store.hashHex(tipHeight))
  assert.equal(info.size_on_disk, 80 + blocks.reduce((sum, block) => sum + block.length, 0))
  assert.equal(info.chainwork, (2 * (tipHeight + 1)).toString(16).padStart(64, '0'))
})

test('a query is no part of the path', () => {
  assert.equal(get('/rest/chaininfo.json?a=b').status, 200)
})

test('scheme and authority are no part of the path', () => {
  const expected = get('/rest/chaininfo.json')
  assert.deepEqual(get('http://a:8332/rest/chaininfo.json?b'), expected)
  assert.deepEqual(get('HTTPS://a/rest/chaininfo.json'), expected)
  for (const target of ['http://a', 'http://a/', 'http://a?/rest']) {
    assert.equal(get(target).status, 405, target) // as '/'
  }
  assert.equal(get('ftp://a/').status, 404)
})

test('a block is served whole', () => {
  for (const height of [1, tipHeight]) {
    const { status, contentType, body } = get(`/rest/block/${store.hashHex(height)}.bin`)
    assert.deepEqual([status, contentType], [200, 'application/octet-stream'])
    assert.deepEqual(body, blocks[height - 1])
  }
})

test('headers begin at the hash, genesis included', () => {
  const headers = get(`/rest/headers/3/${store.hashHex(0)}.bin`).body
  assert.equal(headers.length, 240)
  assert.deepEqual(Buffer.from(headers).subarray(80, 160), blocks[0].subarray(0, 80))
  assert.equal(get(`/rest/headers/2000/${store.hashHex(1)}.bin`).body.length, 80 * tipHeight)
})

test('what is not there is 404, what is no hash or count is 400', () => {
  const cases: [string, number][] = [
    [`/rest/block/${unknown}.bin`, 404],
    [`/rest/block/${store.hashHex(0)}.bin`, 404],
    [`/rest/headers/1/${unknown}.bin`, 404],
    ['/rest/block/12.bin', 400],
    [`/rest/block/${'g'.repeat(64)}.bin`, 400],
    [`/rest/headers/0/${store.hashHex(1)}.bin`, 400],
    [`/rest/headers/2001/${store.hashHex(1)}.bin`, 400],
    [`/rest/headers/x/${store.hashHex(1)}.bin`, 400],
    [`/rest/block/${store.hashHex(1)}.hex`, 404],
    ['/rest/chaininfo.json/', 404],
    ['/rest', 404],
    ['*', 404],
  ]
  for (const [target, status] of cases) assert.equal(get(target).status, status, target)
})

test('a method that a path is not for is 405, and HEAD is as GET', () => {
  assert.equal(get('/').status, 405)
  assert.equal(get('/', 'HEAD').status, 405)
  assert.equal(get('/rest/chaininfo.json', 'POST').status, 405)
  assert.equal(get('/rest/chaininfo.json', 'other').status, 405)
  assert.equal(get('/nowhere', 'POST').status, 404)
  assert.deepEqual(get('/rest/chaininfo.json', 'HEAD'), get('/rest/chaininfo.json'))
})
