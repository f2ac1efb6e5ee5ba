import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import type { Reply } from '../../implementations/node/http/routes.ts'
import { MSG_WITNESS_BLOCK } from '../../implementations/protocol/p2p/constants.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import {
  encodeGetHeaders,
  NO_HASH_STOP,
} from '../../implementations/protocol/p2p/messages/getheaders.ts'
import { encodeInventory } from '../../implementations/protocol/p2p/messages/inventory.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { ChainServer, send } from '../http/fixtures/chain-server.ts'
import { buildChain } from '../ibd/chain-builder.ts'
import { TestDriver, TestNode, until } from '../ibd/test-client.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import type { HttpMix } from './preparation.ts'

const cache = mkdtempSync(join(tmpdir(), 'sockbench-mixed-'))
after(() => rmSync(cache, { recursive: true }))

const SMALL = '/rest/chaininfo.json'
/** Blocks that are all of one size, which a few pongs come to little beside. */
const parameters = { profile: '30000', blocks: 20, seed: 1 }
const chain = await buildChain(parameters)
const twoConnections: HttpMix = { connections: 2, requestsPerBlock: 4, largeEvery: 0 }
const bounded = { timeout: 60_000 }

/** A driver, what its subject serves by HTTP, and the subject's end of the P2P connection. */
interface Lab {
  driver: TestDriver
  server: ChainServer
  node: TestNode
}

async function prepared(t: TestContext, changes: Partial<HttpMix> = {}) {
  const driver = new TestDriver(cache, new URL('driver.js', import.meta.url))
  t.after(() => driver.process.kill())
  const mix = { ...twoConnections, ...changes }
  driver.send({ kind: 'prepare', preparation: { chain: parameters, mix } })
  const { chainFile } = await until('prepared', () =>
    driver.answers.splice(0).find(answer => answer.kind === 'prepared'),
  )
  assert.ok(chainFile !== null)
  const server = await ChainServer.start(chainFile)
  t.after(() => server.close())
  return { driver, server }
}

function portOf(server: ChainServer): Address[] {
  return [{ family: 4, host: '127.0.0.1', port: server.port }]
}

/** A subject that has done what P2P needs, but for the pong that ends it. */
async function almostReady(driver: TestDriver, asked: number[], listening: Address[]) {
  const port = await driver.listen('A', 'p2p', 1)
  driver.send({ kind: 'await-ready', subject: 'A', listening })
  const node = await TestNode.connected(port)
  const locator = { locator: [chain.hash(0)], hashStop: NO_HASH_STOP }
  node.send(MessageType.getheaders, encodeGetHeaders(locator))
  await node.next(MessageType.headers)
  getBlocks(node, asked)
  return node
}

/** A subject that is ready, and has asked for blocks. */
async function readied(
  t: TestContext,
  asked: number[],
  changes: Partial<HttpMix> = {},
): Promise<Lab> {
  const { driver, server } = await prepared(t, changes)
  const node = await almostReady(driver, asked, portOf(server))
  await node.answerBarrier()
  await driver.next('ready')
  server.requests.clear()
  return { driver, server, node }
}

function getBlocks(node: TestNode, heights: number[]): void {
  const entries = heights.map(height => ({ type: MSG_WITNESS_BLOCK, hash: chain.hash(height) }))
  node.send(MessageType.getdata, encodeInventory(entries))
}

async function takeBlocks(node: TestNode, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await node.next(MessageType.block)
}

/** Answers keep their order: what the driver had to say before comes before the answer to this. */
async function expectNothingSaid(driver: TestDriver, name: string): Promise<void> {
  await driver.listen(name, 'p2p', 1)
}

/** Replies that are made, and not sent until later. */
class HeldReplies {
  readonly #server: ChainServer
  readonly #held: [Reply, ServerResponse][] = []

  constructor(server: ChainServer) {
    this.#server = server
    server.respond = (...made) => this.#held.push(made)
  }

  async arrived(count: number): Promise<void> {
    await until('requests', () => this.#held.length === count || undefined)
  }

  /** The driver has closed the connections that they were for. */
  async abandoned(): Promise<void> {
    const isGone = ([, response]: [Reply, ServerResponse]) => response.destroyed
    await until('the end of the connections', () => this.#held.every(isGone) || undefined)
  }

  send(): void {
    this.#server.respond = send
    for (const made of this.#held) send(...made)
  }
}

async function failureOf(driver: TestDriver): Promise<string> {
  return (await driver.next('failed')).reason
}

test(
  'a subject is ready once it asks for blocks and every connection was answered',
  bounded,
  async t => {
    const { driver, server } = await prepared(t)
    const replies = new HeldReplies(server)
    const node = await almostReady(driver, [1], portOf(server))
    await node.answerBarrier()
    await replies.arrived(2)
    await expectNothingSaid(driver, 'B')
    replies.send()
    await driver.next('ready')
    assert.equal(server.connections, 2)
  },
)

test(
  'a slice is over when the last request is answered, and has all latencies',
  bounded,
  async t => {
    const { driver, server, node } = await readied(t, [1, 2, 3])
    const replies = new HeldReplies(server)
    driver.send({ kind: 'slice', subject: 'A', work: 3 })
    await takeBlocks(node, 3)
    await node.answerBarrier()
    await node.roundTrip()
    await expectNothingSaid(driver, 'B')
    replies.send()
    const done = await driver.next('slice-done')
    assert.equal(done.messages, 3)
    assert.equal(done.bytes, 3 * chain.frameBytes(1))
    assert.ok(done.wallNs > 0 && done.driverCpuNs > 0)
    assert.ok(done.latency !== null && done.latency.lag === null)
    const latencies = LatencyHistogram.deserialise(done.latency.histogram)
    assert.equal(latencies.count, 12)
    latencies.destroy()
    assert.deepEqual([...server.requests], [[SMALL, 12]])
  },
)

test('a slice is not over before the barrier of its blocks', bounded, async t => {
  const { driver, server, node } = await readied(t, [1, 2, 3])
  driver.send({ kind: 'slice', subject: 'A', work: 3 })
  await takeBlocks(node, 3)
  const ping = await node.next(MessageType.ping)
  await until('requests', () => server.requests.get(SMALL) === 12 || undefined)
  for (let i = 0; i < 3; i++) await node.roundTrip()
  await expectNothingSaid(driver, 'B')
  node.send(MessageType.pong, ping)
  await driver.next('slice-done')
})

test('requests are released as the bytes of the blocks go out', bounded, async t => {
  const { driver, server, node } = await readied(t, [1, 2])
  driver.send({ kind: 'slice', subject: 'A', work: 4 })
  await takeBlocks(node, 2)
  await until('requests', () => server.requests.get(SMALL) === 8 || undefined)
  for (let i = 0; i < 10; i++) await node.roundTrip()
  assert.equal(server.requests.get(SMALL), 8)
  getBlocks(node, [3, 4])
  await takeBlocks(node, 2)
  await node.answerBarrier()
  await driver.next('slice-done')
  assert.equal(server.requests.get(SMALL), 16)
})

test('some of the requests may be for large blocks, which are not timed', bounded, async t => {
  const { driver, server, node } = await readied(t, [1, 2, 3], { largeEvery: 3 })
  driver.send({ kind: 'slice', subject: 'A', work: 3 })
  await takeBlocks(node, 3)
  await node.answerBarrier()
  const { latency } = await driver.next('slice-done')
  assert.equal(server.requests.get(SMALL), 8)
  assert.equal(server.requests.size, 2)
  const block = [...server.requests.keys()].find(target => target.startsWith('/rest/block/'))
  assert.equal(server.requests.get(block ?? ''), 4)
  const latencies = LatencyHistogram.deserialise(latency?.histogram ?? '')
  assert.equal(latencies.count, 8)
  latencies.destroy()
})

test('a wrong reply fails the slice and ends the download', bounded, async t => {
  const { driver, server, node } = await readied(t, [1])
  server.respond = (reply, response) => send({ ...reply, status: 500 }, response)
  driver.send({ kind: 'slice', subject: 'A', work: 2 })
  const reason = 'HTTP connection lost: a wrong reply: status 500 instead of 200'
  assert.equal(await failureOf(driver), reason)
  await takeBlocks(node, 1)
  await assert.rejects(node.roundTrip())
  driver.send({ kind: 'slice', subject: 'A', work: 1 })
  assert.equal(await failureOf(driver), reason)
})

test('a lost peer fails the slice and ends the requests', bounded, async t => {
  const { driver, server, node } = await readied(t, [1])
  const replies = new HeldReplies(server)
  driver.send({ kind: 'slice', subject: 'A', work: 2 })
  await takeBlocks(node, 1)
  await replies.arrived(2)
  node.sock.close()
  const reason = 'connection lost: closed by the other side'
  assert.equal(await failureOf(driver), reason)
  await replies.abandoned()
  driver.send({ kind: 'slice', subject: 'A', work: 1 })
  assert.equal(await failureOf(driver), reason)
})

test('a subject that ends an idle connection fails the next slice', bounded, async t => {
  const { driver, server } = await readied(t, [1])
  server.close()
  driver.send({ kind: 'slice', subject: 'A', work: 1 })
  assert.match(await failureOf(driver), /^HTTP connection lost: /)
})

test('a subject that serves HTTP nowhere is not ready', bounded, async t => {
  const { driver, server } = await prepared(t)
  const node = await almostReady(driver, [1], [])
  await node.answerBarrier()
  assert.equal(await failureOf(driver), 'serves HTTP nowhere')
  driver.send({ kind: 'release', subject: 'A' })
  const listening = portOf(server)
  server.close()
  const other = await almostReady(driver, [1], listening)
  await other.answerBarrier()
  assert.match(await failureOf(driver), /^connection 1 to 127\.0\.0\.1:\d+: ECONNREFUSED/)
})

test('a released subject loses its connections, and its name is free again', bounded, async t => {
  const { driver, server, node } = await readied(t, [1])
  const replies = new HeldReplies(server)
  driver.send({ kind: 'slice', subject: 'A', work: 2 })
  await takeBlocks(node, 1)
  await replies.arrived(2)
  driver.send({ kind: 'release', subject: 'A' })
  assert.equal(await failureOf(driver), 'released')
  await node.end()
  await replies.abandoned()
  server.respond = send
  const next = await almostReady(driver, [1], portOf(server))
  await next.answerBarrier()
  await driver.next('ready')
})

test('a chain that cannot be is a reason', bounded, async t => {
  const driver = new TestDriver(cache, new URL('driver.js', import.meta.url))
  t.after(() => driver.process.kill())
  const preparation = { chain: { ...parameters, profile: 'huge' }, mix: twoConnections }
  driver.send({ kind: 'prepare', preparation })
  const { reason } = await until('prepare-failed', () =>
    driver.answers.splice(0).find(answer => answer.kind === 'prepare-failed'),
  )
  assert.match(reason, /no chain profile "huge"/)
})
