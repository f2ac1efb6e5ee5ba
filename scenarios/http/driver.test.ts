import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import type { DriverAnswer } from '../driver-protocol.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { ChainServer, send } from './fixtures/chain-server.ts'
import { TestDriver } from './fixtures/test-driver.ts'
import type { HttpPreparation } from './preparation.ts'

const cache = mkdtempSync(join(tmpdir(), 'sockbench-http-'))
after(() => rmSync(cache, { recursive: true }))

const SMALL = '/rest/chaininfo.json'
/** What every subject is asked for first. */
const LEAD = 20

const twoConnections: HttpPreparation = {
  request: 'rpc',
  load: { kind: 'closed', connections: 2, use: { kind: 'keep-alive', pipelining: 1 } },
  slowReaders: 0,
}

async function prepared(t: TestContext, changes: Partial<HttpPreparation> = {}) {
  const preparation = { ...twoConnections, ...changes }
  const { driver, answer } = await TestDriver.prepare(cache, preparation)
  t.after(() => driver.stop())
  assert.ok(answer.kind === 'prepared' && answer.chainFile !== null, JSON.stringify(answer))
  const server = await ChainServer.start(answer.chainFile)
  t.after(() => server.close())
  return { driver, server }
}

/** A subject that is ready, and has answered its lead. */
async function led(t: TestContext, changes: Partial<HttpPreparation> = {}) {
  const { driver, server } = await prepared(t, changes)
  assert.deepEqual(await driver.ready('A', server.port), { kind: 'ready', subject: 'A' })
  assert.equal((await driver.slice('A', LEAD)).kind, 'slice-done')
  return { driver, server }
}

function reasonOf(answer: DriverAnswer): string {
  assert.ok(answer.kind === 'failed', JSON.stringify(answer))
  assert.equal(answer.subject, 'A')
  return answer.reason
}

function samples(serialised: string): number {
  const histogram = LatencyHistogram.deserialise(serialised)
  const { count } = histogram
  histogram.destroy()
  return count
}

test('a slice is so many requests, each answered, compared and timed, over new connections', async t => {
  const { driver, server } = await led(t)
  const connectionsBefore = server.connections
  const done = await driver.slice('A', 30)
  assert.ok(done.kind === 'slice-done', JSON.stringify(done))
  assert.equal(done.messages, 30)
  assert.ok(done.bytes > 30 * 38)
  assert.ok(done.wallNs > 0 && done.driverCpuNs > 0)
  assert.ok(done.latency !== null && done.latency.lag === null)
  // But for the first of each connection.
  assert.equal(samples(done.latency.histogram), 28)
  assert.equal(server.requests.get('/'), 30)
  assert.equal(server.connections - connectionsBefore, 2)
})

test('the first slice of a subject is small requests, of which the others are none', async t => {
  const { driver, server } = await led(t)
  assert.deepEqual([...server.requests], [[SMALL, LEAD]])
  await driver.slice('A', 10)
  assert.deepEqual(
    [...server.requests],
    [
      [SMALL, LEAD],
      ['/', 10],
    ],
  )
})

test('in an open loop the lateness of the generator is recorded, too', async t => {
  const load = { kind: 'open', connections: 2, ratePerSecond: 2_000 } as const
  const { driver, server } = await led(t, { load, request: 'small' })
  const done = await driver.slice('A', 40)
  assert.ok(done.kind === 'slice-done', JSON.stringify(done))
  assert.ok(done.latency !== null && done.latency.lag !== null)
  assert.equal(samples(done.latency.histogram), 40)
  assert.equal(samples(done.latency.lag.histogram), 40)
  assert.equal(server.requests.get(SMALL), LEAD + 40)
})

test('slow readers ask for blocks before the first slice, and are gone with the subject', async t => {
  const { driver, server } = await prepared(t, { slowReaders: 3 })
  await driver.ready('A', server.port)
  assert.equal(server.connections, 3)
  assert.ok([...server.requests.keys()].every(target => target.startsWith('/rest/block/')))
  await driver.slice('A', LEAD)
  assert.equal((await driver.slice('A', 10)).kind, 'slice-done')
  driver.send({ kind: 'release', subject: 'A' })
  assert.match(reasonOf(await driver.slice('A', 10)), /is not connected to/)
  await server.deserted()
})

test('a slow reader that is lost fails the slice it was to be there for, and every later one', async t => {
  const lost = 'a slow reader is lost: ECONNRESET (104)'
  const { driver, server } = await led(t, { slowReaders: 2 })
  server.respond = (reply, response) => {
    server.respond = send
    server.resetOldest()
    send(reply, response)
  }
  assert.equal(reasonOf(await driver.slice('A', 10)), lost)
  assert.equal(reasonOf(await driver.slice('A', 10)), lost)
})

test('a slow reader that is lost between two slices fails the next before it begins', async t => {
  const { driver, server } = await led(t, { slowReaders: 2 })
  server.resetOldest()
  assert.equal(reasonOf(await driver.slice('A', 10)), 'a slow reader is lost: ECONNRESET (104)')
  assert.equal(server.requests.get('/'), undefined)
})

test('a server that answers its slow readers with an error is not ready', async t => {
  const { driver, server } = await prepared(t, { slowReaders: 1 })
  server.respond = (reply, response) => send({ ...reply, status: 503 }, response)
  assert.equal(
    reasonOf(await driver.ready('A', server.port)),
    'a slow reader is lost: answered "HTTP/1.1 503" instead of "HTTP/1.1 200"',
  )
})

test('a server that does not answer its slow readers is not ready', async t => {
  const { driver, server } = await prepared(t, { slowReaders: 1 })
  server.respond = () => driver.send({ kind: 'release', subject: 'A' })
  assert.equal(reasonOf(await driver.ready('A', server.port)), 'released')
})

test('a subject that listens nowhere is a reason, and no end of the driver', async t => {
  const { driver, server } = await prepared(t)
  const nowhere = await driver.ask({ kind: 'await-ready', subject: 'A', listening: [] })
  assert.equal(reasonOf(nowhere), 'serves HTTP nowhere')
  assert.equal((await driver.ready('A', server.port)).kind, 'ready')
})

test('a server that is not there is a reason', async t => {
  const { driver, server } = await prepared(t)
  const { port } = server
  server.close()
  await driver.ready('A', port)
  assert.match(reasonOf(await driver.slice('A', LEAD)), /^reply 1: connect ECONNREFUSED/)
})

const wrongServers: [string, ChainServer['respond'], RegExp][] = [
  [
    'answers 500',
    (reply, response) => send({ ...reply, status: 500 }, response),
    /^reply 1: status 500 instead of 200$/,
  ],
  [
    'answers with another body',
    (reply, response) => send({ ...reply, body: Buffer.from(reply.body).fill(48) }, response),
    /^reply 1: body differs at byte 0$/,
  ],
  [
    'leaves the body out',
    (reply, response) => send({ ...reply, body: Buffer.alloc(0) }, response),
    /^reply 1: length 0 instead of /,
  ],
  [
    'closes the connection',
    (_, response) => response.destroy(),
    /^reply 1: connection closed by the server; 0 of \d+ bytes/,
  ],
]
for (const [wrong, respond, reason] of wrongServers) {
  test(`a server that ${wrong} fails the slice, and every later one`, async t => {
    const { driver, server } = await led(t)
    server.respond = respond
    assert.match(reasonOf(await driver.slice('A', 10)), reason)
    server.respond = send
    assert.match(reasonOf(await driver.slice('A', 10)), reason)
  })
}

test('a release ends the slice of a server that never answers, and frees the name', async t => {
  const { driver, server } = await led(t)
  server.respond = () => driver.send({ kind: 'release', subject: 'A' })
  assert.equal(reasonOf(await driver.slice('A', 10)), 'released')
  server.respond = send
  assert.equal((await driver.ready('A', server.port)).kind, 'ready')
  assert.equal((await driver.slice('A', LEAD)).kind, 'slice-done')
})

test('a name stands for one subject', async t => {
  const { driver, server } = await prepared(t)
  await driver.ready('A', server.port)
  assert.match(reasonOf(await driver.ready('A', server.port)), /connected to already/)
})

test('a chain that cannot be written is a reason, and the driver ends when told to', async t => {
  const file = join(cache, 'file')
  writeFileSync(file, '')
  const { driver, answer } = await TestDriver.prepare(join(file, 'cache'), twoConnections)
  t.after(() => driver.stop())
  assert.ok(answer.kind === 'prepare-failed', JSON.stringify(answer))
  assert.match(answer.reason, /set SOCKBENCH_CACHE to a writable directory/)
  assert.equal(await driver.stop(), 0)
  assert.equal(readFileSync(file).length, 0)
})
