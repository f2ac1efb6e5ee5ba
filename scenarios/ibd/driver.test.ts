import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { blockHash } from '../../implementations/protocol/p2p/block-header.ts'
import {
  MSG_BLOCK,
  MSG_WITNESS_BLOCK,
  REGTEST_GENESIS_HASH,
  REGTEST_MAGIC,
} from '../../implementations/protocol/p2p/constants.ts'
import { writeFrame } from '../../implementations/protocol/p2p/frame.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import {
  encodeGetHeaders,
  NO_HASH_STOP,
} from '../../implementations/protocol/p2p/messages/getheaders.ts'
import { decodeHeaders } from '../../implementations/protocol/p2p/messages/headers.ts'
import {
  decodeInventory,
  encodeInventory,
} from '../../implementations/protocol/p2p/messages/inventory.ts'
import { encodePing } from '../../implementations/protocol/p2p/messages/ping.ts'
import { type Hash256, hashFromHex } from '../../implementations/protocol/sha256d.ts'
import type { Chain } from './chain.ts'
import { buildChain } from './chain-builder.ts'
import { connectTo, readBytes, TestDriver, TestNode } from './test-client.ts'

/** Blocks with and without a shared tail, 40 MB in all, and more headers than one message holds. */
const parameters = { profile: 'mainnet:0.02', blocks: 2600, seed: 9 }
const cache = mkdtempSync(join(tmpdir(), 'sockbench-driver-'))
let chain: Chain
let driver: TestDriver
let subject = ''
let subjects = 0

before(async () => {
  chain = await buildChain(parameters)
  driver = new TestDriver(cache)
  driver.send({ kind: 'prepare', preparation: parameters })
  let done = 0
  while (driver.answers[0]?.kind !== 'prepared') {
    while (driver.answers[0]?.kind === 'progress') done = (await driver.next('progress')).done
    await new Promise(resolve => setImmediate(resolve))
  }
  assert.equal(done, 2600)
  assert.deepEqual(await driver.next('prepared'), { kind: 'prepared', chainFile: null })
})

after(async () => {
  driver.send({ kind: 'stop' })
  assert.equal(await driver.exit(), 0)
  rmSync(cache, { recursive: true })
})

beforeEach(() => {
  subject = `subject ${++subjects}`
})

const getHeaders = (node: TestNode, locator: Hash256[]) =>
  node.send(MessageType.getheaders, encodeGetHeaders({ locator, hashStop: NO_HASH_STOP }))

const getBlocks = (node: TestNode, heights: number[], type = MSG_WITNESS_BLOCK) =>
  node.send(MessageType.getdata, encodeInventory(heights.map(h => ({ type, hash: chain.hash(h) }))))

async function expectBlocks(node: TestNode, heights: number[]) {
  for (const height of heights) {
    assert.deepEqual(await node.next(MessageType.block), chain.blockBytes(height))
  }
}

/** A subject that has all headers, has asked each connection for its blocks, and is awaited. */
async function readySubject(name: string, asks: number[][]): Promise<TestNode[]> {
  const port = await driver.listen(name, 'p2p', asks.length)
  driver.send({ kind: 'await-ready', subject: name, listening: [] })
  const nodes: TestNode[] = []
  for (const _ of asks) nodes.push(await TestNode.connected(port))
  getHeaders(nodes[0], [chain.hash(2000)])
  await nodes[0].next(MessageType.headers)
  for (const [i, heights] of asks.entries()) getBlocks(nodes[i], heights)
  for (const node of nodes) await node.answerBarrier()
  assert.deepEqual(await driver.next('ready'), { kind: 'ready', subject: name })
  return nodes
}

test('headers are served from the locator on, 2000 at a time, up to the tip', async () => {
  const node = await TestNode.connected(await driver.listen(subject, 'p2p', 1))
  const hashes = async () => {
    const payload = await node.next(MessageType.headers)
    const offsets = decodeHeaders(payload)
    assert.ok(offsets instanceof Int32Array)
    return Array.from(offsets, offset => blockHash(payload, offset))
  }
  const chainHashes = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => chain.hash(from + i))
  getHeaders(node, [REGTEST_GENESIS_HASH])
  assert.deepEqual(await hashes(), chainHashes(1, 2000))
  getHeaders(node, ['?'.repeat(32), chain.hash(2000), chain.hash(1)])
  assert.deepEqual(await hashes(), chainHashes(2001, 2600))
  getHeaders(node, ['?'.repeat(32)])
  assert.deepEqual(await hashes(), chainHashes(1, 2000))
  getHeaders(node, [chain.hash(2600)])
  assert.deepEqual(await hashes(), [])
  const stop = { locator: [chain.hash(3)], hashStop: chain.hash(5) }
  node.send(MessageType.getheaders, encodeGetHeaders(stop))
  assert.deepEqual(await hashes(), chainHashes(4, 5))
})

// Ready means a barrier `ping`, which would come before the `pong` of a round trip.
const expectNotReady = (node: TestNode) => node.roundTrip()

test('a subject is ready only when it was given all headers', async () => {
  const node = await TestNode.connected(await driver.listen(subject, 'p2p', 1))
  driver.send({ kind: 'await-ready', subject, listening: [] })
  getBlocks(node, [1])
  getHeaders(node, [REGTEST_GENESIS_HASH])
  await node.next(MessageType.headers)
  await expectNotReady(node)
  getHeaders(node, [chain.hash(2000)])
  await node.next(MessageType.headers)
  await node.answerBarrier()
  await driver.next('ready')
})

test('a subject is ready only when it asks for blocks', async () => {
  const node = await TestNode.connected(await driver.listen(subject, 'p2p', 1))
  driver.send({ kind: 'await-ready', subject, listening: [] })
  getHeaders(node, [chain.hash(2000)])
  await node.next(MessageType.headers)
  await expectNotReady(node)
  getBlocks(node, [1])
  await node.answerBarrier()
  await driver.next('ready')
})

test('a subject is ready only when all its connections shook hands', async () => {
  const port = await driver.listen(subject, 'p2p', 2)
  driver.send({ kind: 'await-ready', subject, listening: [] })
  const first = await TestNode.connected(port)
  getHeaders(first, [chain.hash(2000)])
  await first.next(MessageType.headers)
  getBlocks(first, [1])
  await expectNotReady(first)
  const second = new TestNode(port)
  await expectNotReady(first)
  await second.shakeHands()
  await first.answerBarrier()
  await second.answerBarrier()
  await driver.next('ready')
})

test('nothing but headers is served before a slice, and a slice ends at the last pong', async () => {
  const [a, b] = await readySubject(subject, [
    [1, 3],
    [2, 4],
  ])
  // The pong of our own ping would come after any block.
  await a.roundTrip()
  await b.roundTrip()
  driver.send({ kind: 'slice', subject, work: 3 })
  await expectBlocks(a, [1, 3])
  await expectBlocks(b, [2])
  const pings = [await a.next(MessageType.ping), await b.next(MessageType.ping)]
  a.send(MessageType.pong, pings[0])
  b.send(MessageType.pong, encodePing(12345n))
  await a.roundTrip()
  await b.roundTrip()
  // Answers keep their order, so a finished slice would come before this one.
  await driver.listen(`${subject} other`, 'p2p', 1)
  b.send(MessageType.pong, pings[1])
  const done = await driver.next('slice-done')
  assert.deepEqual([done.messages, done.latency], [3, null])
  assert.equal(
    done.bytes,
    [1, 2, 3].reduce((sum, height) => sum + chain.frameBytes(height), 0),
  )
  assert.ok(done.wallNs > 0)
  assert.ok(done.driverCpuNs > 0)
})

test('held-back blocks are served in order, each as soon as it is released', async () => {
  const [node] = await readySubject(subject, [[5, 1, 4, 2, 3]])
  for (const [blocks, served] of [
    [2, [1, 2]],
    [3, [5, 4, 3]],
  ] as const) {
    driver.send({ kind: 'slice', subject, work: blocks })
    await expectBlocks(node, [...served])
    await node.answerBarrier()
    await driver.next('slice-done')
  }
})

test('blocks asked for during a slice are served at once; asking twice does not count twice', async () => {
  const [node] = await readySubject(subject, [[1]])
  driver.send({ kind: 'slice', subject, work: 3 })
  await expectBlocks(node, [1])
  getBlocks(node, [1, 2], MSG_BLOCK)
  await expectBlocks(node, [1, 2])
  await node.roundTrip()
  getBlocks(node, [3])
  await expectBlocks(node, [3])
  await node.answerBarrier()
  await driver.next('slice-done')
})

test('a whole chain is downloaded byte for byte', async () => {
  const heights = Array.from({ length: 2600 }, (_, i) => i + 1)
  const [node] = await readySubject(subject, [heights])
  driver.send({ kind: 'slice', subject, work: 2600 })
  await expectBlocks(node, heights)
  await node.answerBarrier()
  await driver.next('slice-done')
  driver.send({ kind: 'slice', subject, work: 1 })
  assert.match((await driver.next('failed')).reason, /no slice of 1 blocks: 0 are left/)
})

test('what is not a block of the chain is answered with notfound', async () => {
  const [node] = await readySubject(subject, [[1]])
  const unknown = [
    { type: MSG_WITNESS_BLOCK, hash: '?'.repeat(32) },
    { type: MSG_BLOCK, hash: REGTEST_GENESIS_HASH },
    { type: 1, hash: chain.hash(1) },
  ]
  const held = { type: MSG_BLOCK, hash: chain.hash(2) }
  node.send(MessageType.getdata, encodeInventory([unknown[0], held, unknown[1], unknown[2]]))
  assert.deepEqual(decodeInventory(await node.next(MessageType.notfound)), unknown)
})

test('a request larger than one recv is understood', async () => {
  const [node] = await readySubject(subject, [[1]])
  const unknown = Array.from({ length: 5000 }, (_, i) => ({
    type: MSG_BLOCK,
    hash: hashFromHex(i.toString(16).padStart(64, '0')),
  }))
  node.send(MessageType.getdata, encodeInventory(unknown))
  assert.deepEqual(decodeInventory(await node.next(MessageType.notfound)), unknown)
  await node.roundTrip()
})

test('a peer that asks without reading is waited for, and gets all its answers', async () => {
  const node = await TestNode.connected(await driver.listen(subject, 'p2p', 1))
  const pings = 30_000
  const frame = Buffer.alloc(32)
  writeFrame(frame, 0, REGTEST_MAGIC, MessageType.ping, encodePing(1n))
  const flood = Buffer.concat(Array.from({ length: pings }, () => frame))
  let sent = 0
  let answered = 0
  while (sent < flood.length) {
    const n = node.sock.send(flood.subarray(sent), false)
    if (n > 0) sent += n
    else if (answered++ < pings) await node.next(MessageType.pong)
  }
  for (; answered < pings; ++answered) await node.next(MessageType.pong)
})

test('raw connections get a length and then the frames, dealt round robin', async () => {
  const port = await driver.listen(subject, 'raw', 2)
  driver.send({ kind: 'await-ready', subject, listening: [] })
  const socks = [connectTo(port), connectTo(port)]
  await driver.next('ready')
  const frames = (heights: number[]) =>
    Buffer.concat(
      heights.flatMap(height => [
        chain.heads.subarray(chain.headOffset(height), chain.headOffset(height) + 24),
        chain.blockBytes(height),
      ]),
    )
  const every2nd = (from: number, to: number) =>
    Array.from({ length: Math.floor((to - from) / 2) + 1 }, (_, i) => from + 2 * i)
  for (const dealt of [
    [every2nd(1, 2599), every2nd(2, 2598)],
    [[2600], []],
  ]) {
    driver.send({ kind: 'slice', subject, work: dealt[0].length + dealt[1].length })
    for (const [i, heights] of dealt.entries()) {
      const expected = frames(heights)
      assert.equal((await readBytes(socks[i], 8)).readBigUInt64LE(), BigInt(expected.length))
      assert.deepEqual(await readBytes(socks[i], expected.length), expected)
    }
    for (const sock of socks) assert.equal(sock.send(Buffer.of(1), false), 1)
    await driver.next('slice-done')
  }
})

test('a subject that fails has a reason, and the others go on', async () => {
  const [node] = await readySubject(subject, [[1]])
  const failureOf = async (name: string, spoil: (node: TestNode) => void) => {
    const [spoiled] = await readySubject(name, [[1]])
    driver.send({ kind: 'slice', subject: name, work: 2 })
    await expectBlocks(spoiled, [1])
    spoil(spoiled)
    const failed = await driver.next('failed')
    assert.equal(failed.subject, name)
    return failed.reason
  }
  const closed = await failureOf(`${subject} closing`, spoiled => spoiled.sock.close())
  assert.equal(closed, 'connection lost: closed by the other side')
  const garbage = await failureOf(`${subject} garbage`, spoiled =>
    spoiled.sock.send(Buffer.alloc(99, 7), false),
  )
  assert.equal(garbage, 'connection lost: bytes that are no P2P message')
  const truncated = await failureOf(`${subject} truncated`, spoiled =>
    spoiled.send(MessageType.getdata, Buffer.of(2)),
  )
  assert.match(truncated, /connection lost: inventory is truncated/)

  driver.send({ kind: 'slice', subject, work: 1 })
  await expectBlocks(node, [1])
  await node.answerBarrier()
  await driver.next('slice-done')
})

test('a subject that fails between two requests is reported by the next', async () => {
  const [node] = await readySubject(subject, [[1]])
  node.sock.close()
  driver.send({ kind: 'slice', subject, work: 1 })
  assert.match((await driver.next('failed')).reason, /connection lost/)
  driver.send({ kind: 'slice', subject, work: 1 })
  assert.match((await driver.next('failed')).reason, /connection lost/)
})

test('one connection too many is a failure', async () => {
  const port = await driver.listen(subject, 'p2p', 1)
  driver.send({ kind: 'await-ready', subject, listening: [] })
  const nodes = [new TestNode(port), new TestNode(port)]
  assert.equal((await driver.next('failed')).reason, 'opened more connections than expected: 1')
  for (const node of nodes) await node.end()
})

test('a released subject loses its connections, and its name is free again', async () => {
  const [node] = await readySubject(subject, [[1]])
  driver.send({ kind: 'slice', subject, work: 2 })
  await expectBlocks(node, [1])
  driver.send({ kind: 'release', subject })
  assert.equal((await driver.next('failed')).reason, 'released')
  await node.end()
  await readySubject(subject, [[1]])
  driver.send({ kind: 'listen', subject, protocol: 'p2p', connections: 1 })
  assert.match((await driver.next('failed')).reason, /listened for already/)
  driver.send({ kind: 'slice', subject: 'nobody', work: 1 })
  assert.match((await driver.next('failed')).reason, /not listened for/)
})

test('a chain that cannot be is a reason', async () => {
  const other = new TestDriver(cache)
  other.send({ kind: 'prepare', preparation: { ...parameters, profile: 'huge' } })
  assert.match((await other.next('prepare-failed')).reason, /no chain profile "huge"/)
  other.send({ kind: 'stop' })
  assert.equal(await other.exit(), 0)
})

test('a driver whose harness has gone exits', async () => {
  const orphan = new TestDriver(cache)
  orphan.send({ kind: 'prepare', preparation: parameters })
  await orphan.next('prepared')
  const port = await orphan.listen(subject, 'p2p', 1)
  orphan.send({ kind: 'await-ready', subject, listening: [] })
  const node = await TestNode.connected(port)
  orphan.process.disconnect()
  assert.equal(await orphan.exit(), 1)
  await node.end()
})
