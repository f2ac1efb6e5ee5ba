import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectSock, listenOn } from './connect.ts'
import { EAGAIN } from './errno.ts'
import { PlantedNetwork, withSpins } from './planted-sock.ts'
import { PosixNetwork } from './posix-sock.ts'
import { type Address, type EventsPerSock, RECV } from './sock.ts'
import { SpinLoop } from './spin-loop.ts'
import { createSyscallCounts, syscallCountsByName } from './syscalls.ts'

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const patienceMs = 2000

/** Both ends of a connection, of sockets with something planted, which counts how often it happened. */
function connected() {
  const counts = createSyscallCounts()
  const planted = { times: 0 }
  const network = new PlantedNetwork(new PosixNetwork(counts), () => {
    planted.times++
  })
  const listener = listenOn(network, anyPort)
  assert.ok(typeof listener === 'object')
  const client = connectSock(network, listener.getsockname() as Address, patienceMs)
  assert.ok(typeof client === 'object')
  const accepted = listener.accept()
  assert.ok(typeof accepted === 'object')
  const server = accepted.sock
  const waitFor = (sock: typeof client) => {
    const waitSet: EventsPerSock = new Map([[sock, { requested: RECV, occurred: 0 }]])
    assert.equal(network.waitMany(patienceMs, waitSet), 1)
    assert.equal(waitSet.get(sock)?.occurred, RECV)
  }
  const close = () => {
    for (const sock of [client, server, listener]) sock.close()
  }
  return { network, counts, planted, client, server, waitFor, close }
}

const ignored = () => {}

test('each recv that brings bytes does what is planted, once; one that brings none does not', () => {
  const { planted, client, server, waitFor, close } = connected()
  const buffer = new Uint8Array(4)
  assert.equal(server.recv(buffer), -EAGAIN)
  assert.equal(planted.times, 0)
  assert.equal(client.send(Buffer.from('hello'), false), 5)
  waitFor(server)
  assert.equal(server.recv(buffer), 4)
  assert.equal(server.recv(buffer), 1)
  assert.equal(planted.times, 2)
  client.close()
  waitFor(server)
  assert.equal(server.recv(buffer), 0)
  assert.equal(planted.times, 2)
  close()
})

test('sockets that connected, were accepted, or were attached: all have it', () => {
  const { network, planted, client, server, waitFor, close } = connected()
  const buffer = new Uint8Array(4)
  server.send(Buffer.from('one'), false)
  waitFor(client)
  assert.equal(client.recv(buffer), 3)
  assert.equal(planted.times, 1)
  const attached = network.attach(server.fd)
  client.send(Buffer.from('two'), false)
  waitFor(attached)
  assert.equal(attached.recv(buffer), 3)
  assert.equal(planted.times, 2)
  close()
})

test('it makes no system calls of its own', () => {
  const { counts, client, server, waitFor, close } = connected()
  client.send(Buffer.from('hello'), false)
  waitFor(server)
  const before = syscallCountsByName(counts)
  server.recv(new Uint8Array(8))
  assert.deepEqual(syscallCountsByName(counts), { ...before, recv: before.recv + 1 })
  close()
})

test('so many turns after each recv, be it 0; where none are asked for, the network is itself', () => {
  const { client, server, waitFor, close } = connected()
  const plain = new PosixNetwork(createSyscallCounts())
  assert.equal(withSpins(plain, null, ignored), plain)
  assert.notEqual(withSpins(plain, 0, ignored), plain)
  const [loop, expected] = [new SpinLoop(), new SpinLoop()]
  const attached = withSpins(plain, 70, ignored, loop).attach(server.fd)
  client.send(Buffer.from('hello'), false)
  waitFor(attached)
  for (let recv = 0; recv < 3; recv++) attached.recv(new Uint8Array(2))
  expected.spin(3 * 70)
  assert.equal(loop.state, expected.state)
  close()
})
