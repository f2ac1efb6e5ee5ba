import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EAGAIN, ECONNRESET } from '../../implementations/sock/errno.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { noFaults } from './faults.ts'
import { FaultyNetwork } from './faulty-network.ts'
import { SimulatedTime } from './simulated-time.ts'

const address: Address = { family: 4, host: '127.0.0.1', port: 8333 }

test('a connection has failed once it has met a permanent error, and not because one awaits it', () => {
  const recv = new Map([EAGAIN, ECONNRESET].map((errno, at) => [at, { errno }]))
  const network = new FaultyNetwork({
    pipeBytes: 100,
    time: new SimulatedTime(1),
    connectionFaults: () => ({ ...noFaults, recv }),
    accept: new Map(),
    connect: new Map(),
    poll: new Map(),
  })
  const listener = network.dyn.createSock(4)
  listener.bind(address)
  listener.listen(1)
  const sock = network.createSock(4)
  assert.ok(typeof sock !== 'number')
  sock.connect(address)
  const room = new Uint8Array(1)

  assert.equal(network.hasFailed(0), false)
  assert.equal(sock.recv(room), -EAGAIN)
  assert.equal(network.hasFailed(0), false)
  assert.equal(sock.recv(room), -ECONNRESET)
  assert.equal(network.hasFailed(0), true)
  assert.equal(network.hasFailed(1), false)
  assert.deepEqual(network.violations, [])
})
