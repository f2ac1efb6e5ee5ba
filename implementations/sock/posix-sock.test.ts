import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { connectSock, listenOn } from './connect.ts'
import { EADDRINUSE, ECONNREFUSED, EINVAL, ETIMEDOUT, errnoName } from './errno.ts'
import { IOV_MAX, IoVector, pinMemory } from './io-vector.ts'
import { PosixNetwork, type PosixSock } from './posix-sock.ts'
import { type Address, RECV, SEND, type Waitable } from './sock.ts'
import { createSyscallCounts, syscallCountsByName } from './syscalls.ts'

const PATIENCE_MS = 2000
const loopback4: Address = { family: 4, host: '127.0.0.1', port: 0 }
const loopback6: Address = { family: 6, host: '::1', port: 0 }

let descriptorsBefore: string[]
before(() => {
  descriptorsBefore = openDescriptors()
})
after(() => {
  assert.deepEqual(openDescriptors(), descriptorsBefore, 'descriptors were left open')
})

test('IPv6 connects, and tells IPv6 addresses', () => {
  const { client, server, from, address, close } = connect(loopback6)
  assert.equal(address.host, '::1')
  assert.deepEqual(client.getsockname(), from)
  assert.deepEqual(server.getsockname(), address)
  assert.equal(server.getSockOpt('TCP_NODELAY'), 0)
  assert.equal(client.getSockOpt('TCP_NODELAY'), 1)
  close()
})

test('buffers are set before connect and listen; accepted sockets inherit the listener’s', () => {
  const { client, server, close } = connect(loopback4, {
    receiveBufferBytes: 50_000,
    sendBufferBytes: 60_000,
  })
  // The kernel keeps twice the size, for its bookkeeping.
  assert.equal(client.getSockOpt('SO_RCVBUF'), 100_000)
  assert.equal(client.getSockOpt('SO_SNDBUF'), 120_000)
  assert.equal(server.getSockOpt('SO_RCVBUF'), 100_000)
  assert.equal(server.getSockOpt('SO_SNDBUF'), 120_000)
  close()
})

test('descriptors are non-blocking and close on exec, accepted ones too', () => {
  const { client, server, close } = connect(loopback4)
  for (const { fd } of [client, server]) {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1]
    const expected = 0o2004000
    assert.equal(Number.parseInt(flags ?? '', 8) & expected, expected)
  }
  close()
})

test('connectSock gives up after its timeout', () => {
  const network = createNetwork()
  const { listener, address } = listen(network, loopback4, { backlog: 0 })
  // A backlog of 0 holds one connection; the kernel lets the next ones knock in vain.
  const held = connectSock(network, address, PATIENCE_MS)
  assert.ok(typeof held === 'object')
  assert.equal(connectSock(network, address, 50), -ETIMEDOUT)
  held.close()
  listener.close()
})

test('a failed connectSock or listenOn leaves nothing open', () => {
  const network = createNetwork()
  const { listener, address } = listen(network, loopback4)
  const descriptorCount = openDescriptors().length
  assert.equal(listenOn(network, address), -EADDRINUSE)
  listener.close()
  assert.equal(connectSock(network, address, PATIENCE_MS), -ECONNREFUSED)
  assert.equal(openDescriptors().length, descriptorCount - 1)
})

test('an address of the other family is refused by the kernel', () => {
  const sock = createNetwork().createSock(6)
  assert.ok(typeof sock === 'object')
  assert.equal(sock.bind(loopback4), -EINVAL)
  sock.close()
})

test('memory shared between threads is received into and sent from in place', () => {
  const { network, client, server, close } = connect(loopback4)
  const shared = new Uint8Array(new SharedArrayBuffer(64))
  shared.set([1, 2, 3, 4], 10)
  assert.equal(client.send(shared.subarray(10, 14), false), 4)
  wait(network, server, RECV)
  assert.equal(server.recv(shared.subarray(40, 50)), 4)
  assert.deepEqual([...shared.subarray(39, 45)], [0, 1, 2, 3, 4, 0])
  close()
})

test('a wake-up from another thread ends a wait', async () => {
  const network = createNetwork()
  const wakeUp = network.createWakeUp()
  assert.ok(typeof wakeUp === 'object')
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads')
    Promise.all([import(workerData.posixSock), import(workerData.syscalls)]).then(
      ([{ PosixNetwork }, { createSyscallCounts }]) =>
        new PosixNetwork(createSyscallCounts()).attachWakeUp(workerData.fd).signal())`,
    {
      eval: true,
      workerData: {
        fd: wakeUp.fd,
        posixSock: new URL('./posix-sock.js', import.meta.url).href,
        syscalls: new URL('./syscalls.js', import.meta.url).href,
      },
    },
  )
  const exited = new Promise(resolve => worker.once('exit', resolve))
  await new Promise(resolve => worker.once('online', resolve))
  assert.equal(wait(network, wakeUp, RECV, 10_000), RECV)
  await exited
  wakeUp.close()
})

test('every system call is counted under its name', () => {
  const counts = createSyscallCounts()
  const network = new PosixNetwork(counts)
  const { client, server, close } = connect(loopback4, {}, network)
  client.send(new Uint8Array(1), false)
  wait(network, server, RECV)
  server.recv(new Uint8Array(1))
  server.recv(new Uint8Array(1))
  client.shutdown()
  const vector = new IoVector(1)
  vector.push(pinMemory(new Uint8Array(1)), 0, 1)
  server.sendVector(vector)
  const wakeUp = network.createWakeUp()
  assert.ok(typeof wakeUp === 'object')
  wakeUp.signal()
  wakeUp.drain()
  wakeUp.close()
  close()
  close()
  const { poll, setsockopt, ...others } = syscallCountsByName(counts)
  assert.deepEqual(others, {
    socket: 2,
    bind: 1,
    listen: 1,
    getsockname: 1,
    accept4: 1,
    connect: 1,
    recv: 2,
    send: 1,
    sendmsg: 1,
    getsockopt: 1,
    shutdown: 1,
    close: 4,
    eventfd: 1,
    read: 1,
    write: 1,
  })
  // SO_REUSEADDR, TCP_NODELAY, and CUBIC on both ends; where there is none, Reno, too.
  assert.ok([4, 6].includes(setsockopt), `${setsockopt} calls of setsockopt`)
  assert.equal(poll, 3)
})

test('sendVector delivers its areas in order, through short sends', () => {
  const { network, client, server, close } = connect(loopback4, {
    receiveBufferBytes: 8192,
    sendBufferBytes: 8192,
  })
  const filler = pinMemory(new Uint8Array(100_000).map((_, i) => i % 251))
  const heads = Array.from({ length: 20 }, (_, i) => pinMemory(new Uint8Array([i, i, i])))
  const vector = new IoVector(6)
  const expected: Uint8Array[] = []
  const received: Uint8Array[] = []
  let shortSends = 0
  let rounds = 0
  heads.forEach((head, i) => {
    const parts = [{ memory: head, offset: 1, sizeBytes: 2 }]
    parts.push({ memory: filler, offset: i, sizeBytes: 100_000 - i })
    for (const { memory, offset, sizeBytes } of parts) {
      while (vector.room === 0) sendAndReceive()
      vector.push(memory, offset, sizeBytes)
      expected.push(memory.bytes.subarray(offset, offset + sizeBytes))
    }
  })
  while (vector.byteLength > 0) sendAndReceive()
  client.shutdown()
  while (receive() !== 0);
  assert.ok(Buffer.concat(received).equals(Buffer.concat(expected)))
  assert.ok(shortSends > 0)
  close()

  function sendAndReceive() {
    assert.ok(rounds++ < 100_000, `${vector.byteLength} bytes are stuck`)
    wait(network, client, SEND, 0)
    const n = client.sendVector(vector)
    if (n > 0) {
      if (n < vector.byteLength) shortSends++
      vector.consume(n)
    }
    if (wait(network, server, RECV, 0) === RECV) receive()
  }

  function receive(): number {
    wait(network, server, RECV)
    const chunk = new Uint8Array(30_011)
    const n = server.recv(chunk)
    assert.ok(n >= 0)
    received.push(chunk.subarray(0, n))
    return n
  }
})

test('a vector of more areas than one call takes goes out in several', () => {
  const { network, client, server, close } = connect(loopback4)
  const memory = pinMemory(new Uint8Array([7]))
  const vector = new IoVector(IOV_MAX + 10)
  for (let i = 0; i < vector.capacity; i++) vector.push(memory, 0, 1)
  const first = client.sendVector(vector)
  assert.equal(first, IOV_MAX)
  vector.consume(first)
  const second = client.sendVector(vector)
  assert.equal(second, 10)
  vector.consume(second)
  assert.equal(vector.byteLength, 0)
  wait(network, server, RECV)
  close()
})

function connect(where: Address, buffers: object = {}, network = createNetwork()) {
  const { listener, address } = listen(network, where, buffers)
  const client = connectSock(network, address, PATIENCE_MS, buffers)
  if (typeof client === 'number') assert.fail(`not connected: ${errnoName(-client)}`)
  wait(network, listener, RECV)
  const accepted = listener.accept()
  if (typeof accepted === 'number') assert.fail(`not accepted: ${errnoName(-accepted)}`)
  const { sock: server, from } = accepted
  const close = () => {
    for (const sock of [client, server, listener]) sock.close()
  }
  return { network, listener, address, client, server, from, close }
}

function listen(network: PosixNetwork, where: Address, options: object = {}) {
  const listener: PosixSock | number = listenOn(network, where, options)
  if (typeof listener === 'number') assert.fail(`not listening: ${errnoName(-listener)}`)
  const address = listener.getsockname()
  assert.ok(typeof address === 'object')
  return { listener, address }
}

function wait(
  network: PosixNetwork,
  waitable: Waitable,
  requested: number,
  timeoutMs = PATIENCE_MS,
): number {
  const events = { requested, occurred: 0 }
  network.waitMany(timeoutMs, new Map([[waitable, events]]))
  return events.occurred
}

function createNetwork(): PosixNetwork {
  return new PosixNetwork(createSyscallCounts())
}

function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd').sort()
}
