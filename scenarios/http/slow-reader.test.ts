import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { closedLoop } from './closed-loop.ts'
import { encodeRequest } from './http-request.ts'
import { openSlowReaders, type ReadingPace, type SlowReaders } from './slow-reader.ts'

const DEADLINE_MS = 20_000
const network = new PosixNetwork(createSyscallCounts())
const get = { method: 'GET', path: '/', body: Buffer.alloc(0) } as const
/** More than the socket buffers of both ends together. */
const large = { status: 200, body: Buffer.alloc(8 << 20, 'block') }

/** Answers everything with `large`. */
async function startServer(t: TestContext) {
  const sockets: Socket[] = []
  const server: Server = createServer((_, response) => response.end(large.body))
  server.on('connection', socket => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

function open(t: TestContext, port: number, pace: ReadingPace): SlowReaders {
  const request = encodeRequest(get, port)
  const limits = { port, connections: 3, timeoutMs: DEADLINE_MS }
  const opened = openSlowReaders(network, { ...limits, request, requestsEach: 2, pace })
  assert.ok(opened.state === 'open')
  t.after(() => opened.readers.close())
  return opened.readers
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const endsMs = performance.now() + DEADLINE_MS
  while (!holds()) {
    if (performance.now() > endsMs) throw new Error(`${what} did not happen`)
    await nextTurn()
  }
}

test('readers that never read leave the reply with the server, and others are served', async t => {
  const { port, sockets } = await startServer(t)
  const readers = open(t, port, { kind: 'never' })
  await until('an answer to each', () => readers.answered === 3)
  const other = await closedLoop({
    port,
    connections: 1,
    connectionUse: { kind: 'keep-alive', pipelining: 1 },
    request: get,
    expected: large,
    requests: 2,
    stallTimeoutMs: DEADLINE_MS,
    recordLatency: () => {},
  })
  assert.equal(other.state, 'completed')
  assert.deepEqual(readers.sentRequests, [2, 2, 2])
  assert.equal(readers.readBytes, 0)
  assert.deepEqual(readers.lost, [])
  const held = sockets.filter(socket => !socket.destroyed && socket.writableLength > 0)
  assert.equal(held.length, 3)
})

test('readers that trickle read so much at a time, and go on', async t => {
  const { port, sockets } = await startServer(t)
  const readers = open(t, port, { kind: 'trickle', bytes: 1, intervalMs: 1 })
  await until('some reading', () => readers.readBytes >= 10)
  assert.ok(readers.readBytes < large.body.length)
  assert.deepEqual(readers.lost, [])
  assert.equal(sockets.filter(socket => socket.writableLength > 0).length, 3)
})

test('closed readers are gone at the server, too', async t => {
  const { port, sockets } = await startServer(t)
  const readers = open(t, port, { kind: 'never' })
  await until('an answer to each', () => readers.answered === 3)
  readers.close()
  await until('the end of each', () => sockets.every(socket => socket.destroyed))
})

test('readers notice that the server lets go of them', async t => {
  const { port, sockets } = await startServer(t)
  const readers = open(t, port, { kind: 'trickle', bytes: 1 << 16, intervalMs: 1 })
  await until('an answer to each', () => readers.answered === 3)
  for (const socket of sockets) socket.resetAndDestroy()
  await until('the loss of each', () => readers.lost.length === 3)
  assert.deepEqual(readers.lost, Array(3).fill('ECONNRESET (104)'))
})

test('readers that cannot connect say so', async t => {
  const { port } = await startServer(t)
  const request = encodeRequest(get, port)
  const limits = { port: 1, connections: 1, timeoutMs: DEADLINE_MS }
  const pace = { kind: 'never' } as const
  assert.deepEqual(openSlowReaders(network, { ...limits, request, requestsEach: 1, pace }), {
    state: 'failed',
    reason: 'connection 1 to 127.0.0.1:1: ECONNREFUSED (111)',
  })
})
