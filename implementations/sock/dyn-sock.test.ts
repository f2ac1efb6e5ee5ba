import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectSock, listenOn } from './connect.ts'
import { DynNetwork } from './dyn-sock.ts'
import { EADDRINUSE, EAGAIN, EBADF, ECONNREFUSED } from './errno.ts'
import type { Address } from './sock.ts'

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }

test('pipeBytes is what each direction holds', () => {
  const network = new DynNetwork({ pipeBytes: 3 })
  const listener = listenOn(network, anyPort)
  assert.ok(typeof listener === 'object')
  const client = connectSock(network, listener.getsockname() as Address, 0)
  const accepted = listener.accept()
  assert.ok(typeof client === 'object' && typeof accepted === 'object')
  assert.equal(client.send(new Uint8Array(5), false), 3)
  assert.equal(client.send(new Uint8Array(5), false), -EAGAIN)
  assert.equal(accepted.sock.send(new Uint8Array(5), false), 3)
  assert.equal(accepted.sock.recv(new Uint8Array(5)), 3)
  assert.equal(client.send(new Uint8Array(2), false), 2)
})

test('closing everything leaves no descriptor and no port in use', () => {
  const network = new DynNetwork()
  const listener = listenOn(network, anyPort)
  assert.ok(typeof listener === 'object')
  const address = listener.getsockname() as Address
  const client = connectSock(network, address, 0)
  const accepted = listener.accept()
  const wakeUp = network.createWakeUp()
  assert.ok(typeof client === 'object' && typeof accepted === 'object')
  assert.equal(network.openCount, 4)
  accepted.sock.close()
  assert.equal(listenOn(network, address), -EADDRINUSE)
  for (const descriptor of [listener, client, wakeUp]) assert.equal(descriptor.close(), 0)
  assert.equal(network.openCount, 0)
  const next = listenOn(network, address)
  assert.ok(typeof next === 'object')
})

test('two networks know nothing of each other', () => {
  const listener = listenOn(new DynNetwork(), anyPort)
  assert.ok(typeof listener === 'object')
  const elsewhere = new DynNetwork()
  assert.equal(connectSock(elsewhere, listener.getsockname() as Address, 0), -ECONNREFUSED)
})

test('a handle attached to no socket answers EBADF', () => {
  const network = new DynNetwork()
  assert.equal(network.attach(99).recv(new Uint8Array(1)), -EBADF)
  assert.equal(network.attach(network.createWakeUp().fd).recv(new Uint8Array(1)), -EBADF)
  assert.equal(network.attachWakeUp(network.createSock(4).fd).signal(), -EBADF)
})
