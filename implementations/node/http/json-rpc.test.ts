import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testBlocks, testChainFile } from './fixtures/test-chain-file.ts'
import { handleRequest } from './routes.ts'

const { store } = testChainFile()
const blocks = testBlocks()

/** As over HTTP: the body is in shared memory. */
function rpc(request: unknown): { status: number; reply: unknown } {
  const text = typeof request === 'string' ? request : JSON.stringify(request)
  const body = new Uint8Array(new SharedArrayBuffer(text.length))
  body.set(Buffer.from(text))
  const answer = handleRequest(store, { method: 'POST', target: '/', body })
  return { status: answer.status, reply: JSON.parse(Buffer.from(answer.body).toString()) }
}

function resultOf(method: string, ...params: unknown[]): unknown {
  const { status, reply } = rpc({ method, params, id: 1 })
  assert.equal(status, 200)
  return (reply as { result: unknown }).result
}

test('the methods', () => {
  assert.equal(resultOf('getblockcount'), blocks.length)
  assert.equal(resultOf('getbestblockhash'), store.hashHex(blocks.length))
  assert.deepEqual(resultOf('echo', 1, 'a', { b: [null] }), [1, 'a', { b: [null] }])
  const hash = store.hashHex(2)
  const header = blocks[1].subarray(0, 80)
  assert.equal(resultOf('getblockheader', hash, false), header.toString('hex'))
  assert.deepEqual(resultOf('getblockheader', hash), {
    hash,
    confirmations: blocks.length - 1,
    height: 2,
    version: 4,
    versionHex: '00000004',
    merkleroot: Buffer.from(header.subarray(36, 68)).reverse().toString('hex'),
    time: header.readUInt32LE(68),
    mediantime: blocks[0].readUInt32LE(68),
    nonce: header.readUInt32LE(76),
    bits: '207fffff',
    difficulty: 4.656542373906925e-10,
    chainwork: '6'.padStart(64, '0'),
    previousblockhash: store.hashHex(1),
    nextblockhash: store.hashHex(3),
  })
})

test('the ends of the chain have one neighbour', () => {
  const genesis = resultOf('getblockheader', store.hashHex(0)) as Record<string, unknown>
  assert.equal('previousblockhash' in genesis, false)
  const tip = resultOf('getblockheader', store.hashHex(blocks.length)) as Record<string, unknown>
  assert.equal('nextblockhash' in tip, false)
})

test('errors have a code, and in versions before 2.0 a status of their own', () => {
  const cases: [unknown, number, number][] = [
    ['{', -32_700, 500],
    ['', -32_700, 500],
    [1, -32_600, 400],
    [{ id: 1 }, -32_600, 400],
    [{ method: 'echo', params: {}, id: 1 }, -32_600, 400],
    [{ method: 'stop', id: 1 }, -32_601, 404],
    [{ method: 'getblockheader', id: 1 }, -3, 500],
    [{ method: 'getblockheader', params: ['12'], id: 1 }, -8, 500],
    [{ method: 'getblockheader', params: ['0'.repeat(64)], id: 1 }, -5, 500],
  ]
  for (const [request, code, status] of cases) {
    const answer = rpc(request)
    const { result, error } = answer.reply as { result: unknown; error: { code: number } }
    assert.deepEqual(
      [result, error.code, answer.status],
      [null, code, status],
      JSON.stringify(request),
    )
  }
})

test('version 2.0 has either a result or an error, and status 200', () => {
  assert.deepEqual(rpc({ jsonrpc: '2.0', method: 'getblockcount', id: 'a' }), {
    status: 200,
    reply: { jsonrpc: '2.0', result: blocks.length, id: 'a' },
  })
  assert.deepEqual(rpc({ jsonrpc: '2.0', method: 'stop', id: 'a' }), {
    status: 200,
    reply: { jsonrpc: '2.0', error: { code: -32_601, message: 'Method not found' }, id: 'a' },
  })
})

test('a batch of more than 1,000 requests is one error', () => {
  const { status, reply } = rpc(`[${'7,'.repeat(1_000)}7]`)
  assert.equal(status, 400)
  const message = 'Batch of 1001 requests: send at most 1000'
  assert.deepEqual(reply, { result: null, error: { code: -32_600, message }, id: null })
  assert.equal((rpc(`[${'7,'.repeat(999)}7]`).reply as unknown[]).length, 1_000)
})

test('a batch is answered in order, errors in their places', () => {
  const { status, reply } = rpc([{ method: 'echo', params: [1], id: 1 }, 7])
  assert.equal(status, 200)
  assert.deepEqual(reply, [
    { result: [1], error: null, id: 1 },
    { result: null, error: { code: -32_600, message: 'Invalid Request object' }, id: null },
  ])
})
