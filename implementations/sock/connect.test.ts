import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectSock, listenOn } from './connect.ts'
import { DynNetwork } from './dyn-sock.ts'
import { EINTR, ETIMEDOUT } from './errno.ts'
import type { Address, EventsPerSock } from './sock.ts'

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }

test('an interrupted wait for the connection goes on', () => {
  const network = new InterruptedNetwork(3)
  const client = connectSock(network, listeningAddress(network), 1000)
  assert.ok(typeof client === 'object')
  assert.equal(network.interruptions, 0)
})

test('a wait that is interrupted for ever ends, and leaves nothing open', () => {
  const network = new InterruptedNetwork(Number.POSITIVE_INFINITY)
  const address = listeningAddress(network)
  const openCount = network.openCount
  assert.equal(connectSock(network, address, 1000), -EINTR)
  assert.equal(network.openCount, openCount)
})

test('a connection that is not there in time is ETIMEDOUT, and leaves nothing open', () => {
  const network = new SilentNetwork()
  const address = listeningAddress(network)
  const openCount = network.openCount
  assert.equal(connectSock(network, address, 0), -ETIMEDOUT)
  assert.equal(network.openCount, openCount)
})

test('an IPv6 listener leaves IPv4 alone', () => {
  const listener = listenOn(new DynNetwork(), { family: 6, host: '::1', port: 0 })
  assert.ok(typeof listener === 'object')
  assert.equal(listener.getSockOpt('IPV6_V6ONLY'), 1)
})

test('options reach the sockets: no delay unless declined, sizes only when given', () => {
  const network = new DynNetwork()
  const listener = listenOn(network, anyPort, { receiveBufferBytes: 1000, sendBufferBytes: 2000 })
  assert.ok(typeof listener === 'object')
  assert.equal(listener.getSockOpt('SO_REUSEADDR'), 1)
  assert.equal(listener.getSockOpt('SO_RCVBUF'), 1000)
  assert.equal(listener.getSockOpt('SO_SNDBUF'), 2000)
  const address = listener.getsockname() as Address
  const prompt = connectSock(network, address, 0, { receiveBufferBytes: 3000 })
  const delayed = connectSock(network, address, 0, { noDelay: false, sendBufferBytes: 4000 })
  assert.ok(typeof prompt === 'object' && typeof delayed === 'object')
  assert.equal(prompt.getSockOpt('TCP_NODELAY'), 1)
  assert.equal(prompt.getSockOpt('SO_RCVBUF'), 3000)
  assert.equal(prompt.getSockOpt('SO_SNDBUF'), 0)
  assert.equal(delayed.getSockOpt('TCP_NODELAY'), 0)
  assert.equal(delayed.getSockOpt('SO_SNDBUF'), 4000)
})

/** Its waits are interrupted by so many signals. */
class InterruptedNetwork extends DynNetwork {
  interruptions: number

  constructor(interruptions: number) {
    super()
    this.interruptions = interruptions
  }

  override waitMany(timeoutMs: number, eventsPerSock: EventsPerSock): number {
    if (this.interruptions === 0) return super.waitMany(timeoutMs, eventsPerSock)
    this.interruptions--
    return -EINTR
  }
}

/** Nothing ever occurs. */
class SilentNetwork extends DynNetwork {
  override waitMany(): number {
    return 0
  }
}

function listeningAddress(network: DynNetwork): Address {
  const listener = listenOn(network, anyPort)
  assert.ok(typeof listener === 'object')
  return listener.getsockname() as Address
}
