import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { listenOn } from '../../implementations/sock/connect.ts'
import { PosixNetwork, type PosixSock } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { closeAll, openConnections } from './connections.ts'
import type { Behaviour } from './fixtures/fake-server.ts'
import { expected, replyBytes, rightReply } from './fixtures/replies.ts'
import { encodeRequest } from './http-request.ts'
import { type OpenLoopLoad, openLoop } from './open-loop.ts'

/** For loads that end by themselves. */
const DEADLINE_MS = 20_000
const network = new PosixNetwork(createSyscallCounts())
const request = encodeRequest({ method: 'GET', path: '/', body: Buffer.alloc(0) }, 80)

/** A server with an event loop of its own, as `openLoop` leaves little to this one. */
async function startServer(t: TestContext): Promise<{ port: number; worker: Worker }> {
  const behaviour: Behaviour = { reply: rightReply, afterwards: 'stay' }
  const file = new URL('./fixtures/fake-server-worker.js', import.meta.url)
  const worker = new Worker(file, { workerData: behaviour })
  t.after(() => worker.terminate())
  const [port] = await once(worker, 'message')
  return { port, worker }
}

function connect(t: TestContext, port: number, connections: number): PosixSock[] {
  const connected = openConnections(network, { port, connections, timeoutMs: DEADLINE_MS })
  assert.ok(connected.state === 'connected')
  t.after(() => closeAll(connected.socks))
  return connected.socks
}

/** A connection whose other end is the test's to speak for, and to close. */
function connectedPair(t: TestContext): { client: PosixSock; server: PosixSock } {
  const listener = listenOn(network, { family: 4, host: '127.0.0.1', port: 0 })
  assert.ok(typeof listener !== 'number')
  const bound = listener.getsockname()
  assert.ok(typeof bound !== 'number')
  const [client] = connect(t, bound.port, 1)
  const accepted = listener.accept()
  assert.ok(typeof accepted !== 'number')
  listener.close()
  t.after(() => accepted.sock.close())
  return { client, server: accepted.sock }
}

interface Recorded {
  latenciesNs: number[]
  lagsNs: number[]
}

function recordedLoad(intendedNs: number[], changes: Partial<OpenLoopLoad> = {}) {
  const recorded: Recorded = { latenciesNs: [], lagsNs: [] }
  const load: OpenLoopLoad = {
    request,
    expected,
    intendedNs: Float64Array.from(intendedNs),
    deadlineMs: DEADLINE_MS,
    recordLatency: ns => recorded.latenciesNs.push(ns),
    recordLag: ns => recorded.lagsNs.push(ns),
    ...changes,
  }
  return { load, recorded }
}

/** So many requests at the very start. */
function atOnce(requests: number): number[] {
  return Array(requests).fill(0)
}

test('every request is sent, answered and recorded once, over the same connections', async t => {
  const { port, worker } = await startServer(t)
  const everyTenthMs = Array.from({ length: 300 }, (_, i) => i * 1e5)
  const { load, recorded } = recordedLoad(everyTenthMs)
  const outcome = await openLoop(network, connect(t, port, 4), load)
  assert.ok(outcome.state === 'completed', JSON.stringify(outcome))
  assert.equal(outcome.requests, 300)
  assert.equal(outcome.bytes, 300 * rightReply.length)
  assert.ok(outcome.wallNs >= 299e5)
  assert.equal(recorded.latenciesNs.length, 300)
  assert.equal(recorded.lagsNs.length, 300)
  worker.postMessage('count')
  assert.deepEqual(await once(worker, 'message'), [{ connections: 4, requests: 300 }])
})

test('a request that finds every connection busy is late, and its clock runs from its intended moment', async t => {
  const { port } = await startServer(t)
  const { load, recorded } = recordedLoad(atOnce(20))
  assert.equal((await openLoop(network, connect(t, port, 1), load)).state, 'completed')
  const { latenciesNs, lagsNs } = recorded
  assert.equal(lagsNs.length, 20)
  // One after the other, all from the same moment: each waited for all before it.
  for (let i = 1; i < 20; i++) {
    assert.ok(latenciesNs[i] > latenciesNs[i - 1])
    assert.ok(lagsNs[i] >= latenciesNs[i - 1])
    assert.ok(lagsNs[i] < latenciesNs[i])
  }
})

test('no request is sent before its moment', async t => {
  const { port } = await startServer(t)
  const { load, recorded } = recordedLoad([0, 2e6, 7.5e6])
  const outcome = await openLoop(network, connect(t, port, 3), load)
  assert.ok(outcome.state === 'completed' && outcome.wallNs > 7.5e6)
  assert.equal(recorded.lagsNs.length, 3)
  assert.ok(recorded.lagsNs.every(ns => ns >= 0))
})

test('connections serve one load after another', async t => {
  const { port, worker } = await startServer(t)
  const socks = connect(t, port, 2)
  for (let i = 0; i < 3; i++) {
    assert.equal((await openLoop(network, socks, recordedLoad(atOnce(5)).load)).state, 'completed')
  }
  worker.postMessage('count')
  assert.deepEqual(await once(worker, 'message'), [{ connections: 2, requests: 15 }])
})

test("Node's event loop has its turn while a reply is awaited", async t => {
  const { client, server } = connectedPair(t)
  setTimeout(() => server.send(rightReply, false), 1)
  const outcome = await openLoop(network, [client], recordedLoad(atOnce(1)).load)
  assert.equal(outcome.state, 'completed')
})

const failures: [string, Buffer, string][] = [
  [
    'status 500',
    replyBytes('500 Internal Server Error', expected.body),
    'reply 1: status 500 instead of 200',
  ],
  [
    'another body',
    replyBytes('200 OK', Buffer.from('{"blocks":8}')),
    'reply 1: body differs at byte 10',
  ],
  ['an empty body', replyBytes('200 OK', Buffer.alloc(0)), 'reply 1: length 0 instead of 12'],
  [
    'no HTTP',
    Buffer.from('SSH-2.0-OpenSSH\r\n\r\n'),
    'reply 1: it does not begin with an HTTP/1.1 status line',
  ],
  [
    'more than was asked for',
    Buffer.concat([rightReply, rightReply]),
    `reply 1: ${rightReply.length} bytes follow it that nobody asked for`,
  ],
]
for (const [name, reply, reason] of failures) {
  test(`a server that answers with ${name} fails the load`, async t => {
    const { client, server } = connectedPair(t)
    server.send(reply, false)
    const outcome = await openLoop(network, [client], recordedLoad(atOnce(1)).load)
    assert.deepEqual(outcome, { state: 'failed', reason })
  })
}

test('a second reply that is wrong is counted right', async t => {
  const good = connectedPair(t)
  const bad = connectedPair(t)
  good.server.send(rightReply, false)
  bad.server.send(replyBytes('404 Not Found', expected.body), false)
  const { load, recorded } = recordedLoad(atOnce(2))
  assert.deepEqual(await openLoop(network, [good.client, bad.client], load), {
    state: 'failed',
    reason: 'reply 2: status 404 instead of 200',
  })
  assert.equal(recorded.latenciesNs.length, 1)
})

test('a reply cut short by the end of the connection fails the load', async t => {
  const { client, server } = connectedPair(t)
  server.send(rightReply.subarray(0, -5), false)
  server.shutdown()
  assert.deepEqual(await openLoop(network, [client], recordedLoad(atOnce(1)).load), {
    state: 'failed',
    reason: 'reply 1: connection closed by the server; 7 of 12 bytes of its body had come',
  })
})

test('a connection that is reset before its request is sent fails the load', async t => {
  const { client, server } = connectedPair(t)
  server.setSockOpt('SO_LINGER0', 1)
  server.close()
  assert.deepEqual(await openLoop(network, [client], recordedLoad(atOnce(1)).load), {
    state: 'failed',
    reason: 'request 1 was not sent: ECONNRESET (104)',
  })
})

test('an idle connection that ends fails the load at once', async t => {
  const { client, server } = connectedPair(t)
  server.shutdown()
  assert.deepEqual(await openLoop(network, [client], recordedLoad([3600e9]).load), {
    state: 'failed',
    reason: 'an idle connection was closed by the server',
  })
})

test('bytes on an idle connection fail the load', async t => {
  const { client, server } = connectedPair(t)
  server.send(Buffer.from('hello'), false)
  assert.deepEqual(await openLoop(network, [client], recordedLoad([3600e9]).load), {
    state: 'failed',
    reason: '5 bytes came that nobody asked for',
  })
})

test('bytes after a reply fail the load', async t => {
  const { client, server } = connectedPair(t)
  server.send(rightReply, false)
  // After the first turn of the loop, which takes the reply.
  setTimeout(() => server.send(rightReply, false), 1)
  assert.deepEqual(await openLoop(network, [client], recordedLoad([0, 3600e9]).load), {
    state: 'failed',
    reason: `${rightReply.length} bytes came that nobody asked for`,
  })
})

test('a server that never answers fails the load at its deadline', async t => {
  const { client } = connectedPair(t)
  const { load } = recordedLoad(atOnce(3), { deadlineMs: 60 })
  assert.deepEqual(await openLoop(network, [client], load), {
    state: 'failed',
    reason: '0 of 3 requests answered within 60 ms, 1 sent',
  })
})

test('a load is aborted for a reason', async t => {
  const { client } = connectedPair(t)
  const controller = new AbortController()
  const { load } = recordedLoad(atOnce(3), { signal: controller.signal })
  const running = openLoop(network, [client], load)
  controller.abort('released')
  assert.deepEqual(await running, { state: 'failed', reason: 'released' })
})
