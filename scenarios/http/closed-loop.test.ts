import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { type AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { PosixSock } from '../../implementations/sock/posix-sock.ts'
import type { AutocannonClient } from './autocannon-client.ts'
import { type ClosedLoopLoad, type ConnectionUse, closedLoop } from './closed-loop.ts'
import { type Behaviour, FakeServer } from './fixtures/fake-server.ts'
import { expected, replyBytes, rightReply } from './fixtures/replies.ts'

/** For loads that end by themselves. */
const STALL_TIMEOUT_MS = 20_000
const get = { method: 'GET', path: '/rest/chaininfo.json', body: Buffer.alloc(0) } as const
const keepAlive: ConnectionUse = { kind: 'keep-alive', pipelining: 1 }

async function fakeServer(t: TestContext, behaviour: Behaviour): Promise<FakeServer> {
  const fake = await FakeServer.start(behaviour)
  t.after(() => fake.close())
  return fake
}

function load(port: number, changes: Partial<ClosedLoopLoad> = {}): ClosedLoopLoad {
  return {
    port,
    connections: 3,
    connectionUse: keepAlive,
    request: get,
    expected,
    requests: 50,
    stallTimeoutMs: STALL_TIMEOUT_MS,
    recordLatency: () => {},
    ...changes,
  }
}

const uses: [string, ConnectionUse, number][] = [
  ['keep-alive', keepAlive, 3],
  ['8 pipelined', { kind: 'keep-alive', pipelining: 8 }, 3],
  ['more pipelined than its share', { kind: 'keep-alive', pipelining: 32 }, 3],
  ['one request each', { kind: 'one-request-each' }, 50],
]
for (const [name, connectionUse, connections] of uses) {
  test(`${name}: so many requests are sent and answered, and no more, and timed but for the first of a kept connection`, async t => {
    const fake = await fakeServer(t, { reply: rightReply, afterwards: 'stay' })
    const latenciesNs: number[] = []
    const recordLatency = (ns: number) => latenciesNs.push(ns)
    const outcome = await closedLoop(load(fake.port, { connectionUse, recordLatency }))
    assert.ok(outcome.state === 'completed', JSON.stringify(outcome))
    assert.equal(outcome.requests, 50)
    assert.equal(outcome.bytes, 50 * rightReply.length)
    const unrecorded = connectionUse.kind === 'keep-alive' ? connections : 0
    assert.equal(latenciesNs.length, 50 - unrecorded)
    assert.ok(latenciesNs.every(ns => ns > 0 && ns <= outcome.wallNs))
    assert.deepEqual([fake.requests, fake.connections], [50, connections])
  })
}

for (const [name, connectionUse] of uses) {
  test(`${name}: making the clients is no part of a latency, nor of the wall time`, async t => {
    const fake = await fakeServer(t, { reply: rightReply, afterwards: 'stay' })
    let second = 1
    t.mock.method(process, 'hrtime', () => [second, 0])
    const latenciesNs: number[] = []
    const recordLatency = (ns: number) => latenciesNs.push(ns)
    // It makes the clients before it returns.
    const running = closedLoop(load(fake.port, { connectionUse, recordLatency, requests: 6 }))
    second = 2
    const outcome = await running
    assert.ok(outcome.state === 'completed')
    assert.deepEqual(new Set(latenciesNs), new Set([0]))
    assert.equal(outcome.wallNs, 0)
  })
}

const clocks: [string, ConnectionUse, string[], number[]][] = [
  ['with a connection for each, connect(2)', { kind: 'one-request-each' }, ['connect'], [1e9, 1e9]],
  [
    'pipelined, the write of the first ones',
    { kind: 'keep-alive', pipelining: 2 },
    ['writeBuffer', 'writeLatin1String', 'writeUtf8String'],
    [2e9],
  ],
]
for (const [name, connectionUse, methods, expectedNs] of clocks) {
  test(`${name} is part of a latency`, async t => {
    const fake = await fakeServer(t, { reply: rightReply, afterwards: 'stay' })
    let second = 1
    t.mock.method(process, 'hrtime', () => [second, 0])
    beforeCallsOfHandles(t, methods, () => ++second)
    const latenciesNs: number[] = []
    const recordLatency = (ns: number) => latenciesNs.push(ns)
    await closedLoop(load(fake.port, { connectionUse, recordLatency, connections: 1, requests: 2 }))
    assert.deepEqual(latenciesNs, expectedNs)
  })
}

/** Handles are node:net's, and their methods its system calls. */
function beforeCallsOfHandles(t: TestContext, methods: readonly string[], happens: () => void) {
  const connect = Reflect.get(Socket.prototype, 'connect') as Socket['connect']
  const connectObserved = function (this: Socket, ...options: unknown[]) {
    Reflect.apply(connect, this, options)
    const handle: Record<string, (...parameters: unknown[]) => unknown> = Reflect.get(
      this,
      '_handle',
    )
    for (const method of methods) {
      const call = handle[method]
      handle[method] = (...parameters) => {
        happens()
        return call.apply(handle, parameters)
      }
    }
    return this
  }
  t.mock.method(Socket.prototype, 'connect', connectObserved)
}

test('an autocannon that ends before all is answered fails the load', async t => {
  const fake = await fakeServer(t, { reply: rightReply, afterwards: 'stay' })
  const client: { prototype: AutocannonClient } = createRequire(import.meta.url)(
    'autocannon/lib/httpClient.js',
  )
  const send = client.prototype._doRequest
  let sent = 0
  t.mock.method(client.prototype, '_doRequest', function (this: AutocannonClient) {
    if (++sent <= 2) send.call(this)
    else this.destroy()
  })
  assert.deepEqual(await closedLoop(load(fake.port, { connections: 1, requests: 3 })), {
    state: 'failed',
    reason: 'autocannon ended after 2 of 3 replies',
  })
})

test('every connection has a fixed receive buffer and no delay', async t => {
  const fake = await fakeServer(t, { reply: rightReply, afterwards: 'stay' })
  const setSockOpt = t.mock.method(PosixSock.prototype, 'setSockOpt')
  const setNoDelay = t.mock.method(Socket.prototype, 'setNoDelay')
  await closedLoop(load(fake.port))
  const calls = setSockOpt.mock.calls.map(call => [...call.arguments, call.result])
  assert.deepEqual(calls, Array(3).fill(['SO_RCVBUF', 256 << 10, 0]))
  assert.ok(setNoDelay.mock.calls.filter(call => call.arguments[0] === true).length >= 3)
})

test('latencies are not rounded to milliseconds', async t => {
  const fake = await fakeServer(t, { reply: rightReply, afterwards: 'stay' })
  const latenciesNs = new Set<number>()
  await closedLoop(load(fake.port, { recordLatency: ns => latenciesNs.add(ns % 1e6) }))
  assert.ok(latenciesNs.size > 10)
})

test('a POST carries its body, and a large binary reply is compared in full', async t => {
  const bodies: string[] = []
  const large = {
    status: 200,
    body: Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => i % 251)),
  }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    bodies.push(`${request.method} ${request.url} ${body}`)
    response.end(large.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const request = { method: 'POST', path: '/', body: Buffer.from('{"id":1}') } as const
  const right = load(port, { request, expected: large, connections: 1, requests: 2 })
  assert.equal((await closedLoop(right)).state, 'completed')
  assert.deepEqual(bodies, ['POST / {"id":1}', 'POST / {"id":1}'])

  const other = { status: 200, body: Buffer.from(large.body) }
  other.body[1_000_000] ^= 0x80
  assert.deepEqual(await closedLoop({ ...right, expected: other }), {
    state: 'failed',
    reason: 'reply 1: body differs at byte 1000000',
  })
})

const failures: [string, Behaviour, string][] = [
  [
    'answers 500',
    { reply: replyBytes('500 Internal Server Error', expected.body), afterwards: 'stay' },
    'reply 1: status 500 instead of 200',
  ],
  [
    'answers with another body',
    { reply: replyBytes('200 OK', Buffer.from('{"blocks":8}')), afterwards: 'stay' },
    'reply 1: body differs at byte 10',
  ],
  [
    'answers with an empty body',
    { reply: replyBytes('200 OK', Buffer.alloc(0)), afterwards: 'stay' },
    'reply 1: length 0 instead of 12',
  ],
  [
    'answers with a longer body',
    { reply: replyBytes('200 OK', Buffer.from('{"blocks":7} ')), afterwards: 'stay' },
    'reply 1: length above 12',
  ],
  [
    'closes within a body',
    { reply: rightReply.subarray(0, -2), afterwards: 'end' },
    'reply 1: connection closed by the server; 10 of 12 bytes of its body had come',
  ],
  [
    'closes after each reply',
    { reply: rightReply, afterwards: 'end' },
    'reply 2: connection closed by the server; 0 of 12 bytes of its body had come',
  ],
  [
    'resets the connection',
    { reply: Buffer.alloc(0), afterwards: 'reset' },
    'reply 1: read ECONNRESET; 0 of 12 bytes of its body had come',
  ],
  [
    'speaks no HTTP',
    { reply: Buffer.from('SSH-2.0-OpenSSH\r\n'), afterwards: 'stay' },
    'reply 1: it is not HTTP (Parse Error)',
  ],
  [
    'answers twice',
    { reply: Buffer.concat([rightReply, rightReply]), afterwards: 'stay' },
    'reply 2: nobody asked for it',
  ],
]
for (const [name, behaviour, reason] of failures) {
  test(`a server that ${name} fails the load`, async t => {
    const fake = await fakeServer(t, behaviour)
    const one = load(fake.port, { connections: 1, requests: name === 'answers twice' ? 1 : 5 })
    assert.deepEqual(await closedLoop(one), { state: 'failed', reason })
  })
}

test('a server that never answers fails the load', async t => {
  const fake = await fakeServer(t, { reply: Buffer.alloc(0), afterwards: 'stay' })
  assert.deepEqual(await closedLoop(load(fake.port, { stallTimeoutMs: 100 })), {
    state: 'failed',
    reason: '0 of 50 requests answered, then nothing for 100 ms',
  })
})

test('a load is aborted for a reason', async t => {
  const fake = await fakeServer(t, { reply: Buffer.alloc(0), afterwards: 'stay' })
  const controller = new AbortController()
  const running = closedLoop(load(fake.port, { signal: controller.signal }))
  controller.abort('released')
  assert.deepEqual(await running, { state: 'failed', reason: 'released' })
})

test('a server that is not there fails the load', async () => {
  const fake = await FakeServer.start({ reply: rightReply, afterwards: 'stay' })
  const { port } = fake
  fake.close()
  assert.deepEqual(await closedLoop(load(port, { connections: 1 })), {
    state: 'failed',
    reason: `reply 1: connect ECONNREFUSED 127.0.0.1:${port}; 0 of 12 bytes of its body had come`,
  })
})

test('fewer requests than connections are refused', async () => {
  await assert.rejects(closedLoop(load(1, { requests: 2 })), {
    message: '2 requests on 3 connections: give at least as many',
  })
})
