import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { closedLoop } from './closed-loop.ts'
import { encodeRequest } from './http-request.ts'
import { openSlowReaders, type SlowReaders } from './slow-reader.ts'

const DEADLINE_MS = 20_000
const network = new PosixNetwork(createSyscallCounts())
const get = { method: 'GET', path: '/', body: Buffer.alloc(0) } as const
/** More than the socket buffers of both ends together. */
const large = { status: 200, body: Buffer.alloc(8 << 20, 'block') }

/** Answers everything with as much as `large`. */
async function startServer(t: TestContext, status = 200) {
  const sockets: Socket[] = []
  const server: Server = createServer((_, response) => {
    response.writeHead(status)
    response.end(large.body)
  })
  server.on('connection', socket => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

function open(t: TestContext, port: number): SlowReaders {
  const request = encodeRequest(get, port)
  const limits = { port, connections: 3, timeoutMs: DEADLINE_MS }
  const opened = openSlowReaders(network, { ...limits, request, requestsEach: 2 })
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

test('readers leave the reply with the server, and others are served', async t => {
  const { port, sockets } = await startServer(t)
  const readers = open(t, port)
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
  assert.equal(readers.findLost(), undefined)
  const held = sockets.filter(socket => !socket.destroyed && socket.writableLength > 0)
  assert.equal(held.length, 3)
})

test('closed readers are gone at the server, too', async t => {
  const { port, sockets } = await startServer(t)
  const readers = open(t, port)
  await until('an answer to each', () => readers.answered === 3)
  readers.close()
  await until('the end of each', () => sockets.every(socket => socket.destroyed))
})

test('one reader that the server resets is lost, though it does not read', async t => {
  const { port, sockets } = await startServer(t)
  const readers = open(t, port)
  await until('an answer to each', () => readers.answered === 3)
  sockets[1].resetAndDestroy()
  await until('the loss', () => readers.findLost() !== undefined)
  assert.equal(readers.findLost(), 'ECONNRESET (104)')
})

test('readers that are closed or reset without an answer are not answered, but lost', async t => {
  const { port, sockets } = await startSilentServer(t)
  for (const [end, reason] of [
    [(socket: Socket) => socket.end(), 'closed by the server'],
    [(socket: Socket) => socket.resetAndDestroy(), 'ECONNRESET (104)'],
  ] as const) {
    const readers = open(t, port)
    await until('3 connections', () => sockets.length === 3)
    for (const socket of sockets.splice(0)) end(socket)
    await until('a loss', () => readers.findLost() !== undefined)
    assert.equal(readers.findLost(), reason)
    assert.equal(readers.answered, 0)
  }
})

test('a reader that gets another status is not answered, but lost', async t => {
  const { port } = await startServer(t, 503)
  const readers = open(t, port)
  await until('a loss', () => readers.findLost() !== undefined)
  assert.equal(readers.findLost(), 'answered "HTTP/1.1 503" instead of "HTTP/1.1 200"')
  assert.equal(readers.answered, 0)
})

/** Accepts, and says nothing. */
async function startSilentServer(t: TestContext) {
  const sockets: Socket[] = []
  const server = createTcpServer(socket => {
    sockets.push(socket)
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, sockets }
}

test('readers that cannot connect say so', async t => {
  const { port } = await startServer(t)
  const request = encodeRequest(get, port)
  const limits = { port: 1, connections: 1, timeoutMs: DEADLINE_MS }
  assert.deepEqual(openSlowReaders(network, { ...limits, request, requestsEach: 1 }), {
    state: 'failed',
    reason: 'connection 1 to 127.0.0.1:1: ECONNREFUSED (111)',
  })
})
