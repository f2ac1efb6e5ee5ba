import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { connectSock, listenOn } from './connect.ts'
import { DynNetwork } from './dyn-sock.ts'
import {
  EADDRINUSE,
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  ECONNRESET,
  EINPROGRESS,
  EINVAL,
  EISCONN,
  ENOTCONN,
  EPIPE,
  errnoName,
} from './errno.ts'
import { PosixNetwork } from './posix-sock.ts'
import { type Address, ERR, type Network, RECV, SEND, type Sock, type Waitable } from './sock.ts'
import { createSyscallCounts } from './syscalls.ts'

type AnySock = Sock & Waitable

// One behaviour, two networks: what holds for the kernel holds for its in-memory twin.
const networks: Record<string, () => Network> = {
  PosixNetwork: () => new PosixNetwork(createSyscallCounts()),
  DynNetwork: () => new DynNetwork({ pipeBytes: 4096 }),
}

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const small = { receiveBufferBytes: 4096, sendBufferBytes: 4096 }

/** Long enough for loopback to carry anything; only a failing test waits it out. */
const PATIENCE_MS = 2000

let descriptorsBefore: string[]
before(() => {
  descriptorsBefore = readdirSync('/proc/self/fd')
})
after(() => {
  assert.deepEqual(readdirSync('/proc/self/fd'), descriptorsBefore, 'descriptors were left open')
})

for (const [name, createNetwork] of Object.entries(networks)) {
  describe(name, () => {
    test('a connection carries bytes both ways, in order', () => {
      const { network, client, server, close } = connected()
      assert.equal(client.send(bytes('hello '), true), 6)
      assert.equal(client.send(bytes('world'), false), 5)
      assert.equal(receive(network, server, 11), 'hello world')
      assert.equal(server.send(bytes('back'), false), 4)
      assert.equal(receive(network, client, 4), 'back')
      close()
    })

    test('accept tells where the connection came from, getsockname where a socket is', () => {
      const { client, server, from, address, close } = connected()
      assert.deepEqual(client.getsockname(), from)
      assert.deepEqual(server.getsockname(), address)
      assert.notEqual(address.port, 0)
      close()
    })

    test('a new socket is bound nowhere', () => {
      const sock = created(createNetwork())
      assert.deepEqual(sock.getsockname(), { family: 4, host: '0.0.0.0', port: 0 })
      sock.close()
    })

    test('nothing to read is EAGAIN, nobody to accept is EAGAIN', () => {
      const { client, listener, close } = connected()
      assert.equal(client.recv(new Uint8Array(10)), -EAGAIN)
      assert.equal(listener.accept(), -EAGAIN)
      close()
    })

    test('connections wait in the queue and are accepted in order', () => {
      const network = createNetwork()
      const { listener, address } = listening(network)
      const clients = [0, 1, 2].map(() => opened(connectSock(network, address, PATIENCE_MS)))
      assert.equal(waitFor(network, listener, RECV), RECV)
      for (const client of clients) {
        const { sock, from } = accepted(network, listener)
        assert.deepEqual(from, client.getsockname())
        sock.close()
      }
      assert.equal(listener.accept(), -EAGAIN)
      for (const sock of [listener, ...clients]) sock.close()
    })

    test('a started connection is in progress, then ready to SEND without error', () => {
      const network = createNetwork()
      const { listener, address } = listening(network)
      const client = created(network)
      assert.equal(client.connect(address), -EINPROGRESS)
      assert.equal(waitFor(network, client, SEND), SEND)
      assert.equal(client.getSockOpt('SO_ERROR'), 0)
      client.close()
      listener.close()
    })

    test('a connection cannot be connected again, nor a listener', () => {
      const { client, listener, address, close } = connected()
      client.connect(address) // The kernel's first answer to this only says that it has connected.
      assert.equal(client.connect(address), -EISCONN)
      assert.equal(listener.connect(address), -EISCONN)
      close()
    })

    test('a refused connection reports ERR, and its reason in SO_ERROR once', () => {
      const network = createNetwork()
      const client = created(network)
      assert.equal(client.connect(unusedAddress(network)), -EINPROGRESS)
      assert.equal(waitFor(network, client, SEND), SEND | ERR)
      assert.equal(client.getSockOpt('SO_ERROR'), ECONNREFUSED)
      assert.equal(client.getSockOpt('SO_ERROR'), 0)
      client.close()
    })

    test('connectSock to nobody answers ECONNREFUSED', () => {
      const network = createNetwork()
      assert.equal(connectSock(network, unusedAddress(network), PATIENCE_MS), -ECONNREFUSED)
    })

    test('a port in use is EADDRINUSE, and free again after close', () => {
      const network = createNetwork()
      const { listener, address } = listening(network)
      assert.equal(listenOn(network, address), -EADDRINUSE)
      assert.equal(listener.close(), 0)
      opened(listenOn(network, address)).close()
    })

    test('a socket is bound once', () => {
      const sock = created(createNetwork())
      assert.equal(sock.bind(anyPort), 0)
      assert.equal(sock.bind(anyPort), -EINVAL)
      sock.close()
    })

    test('a full buffer makes the send short, then EAGAIN, until the peer reads', () => {
      const { network, client, server, close } = connected()
      const data = new Uint8Array(4 << 20).map((_, i) => i % 251)
      let sentBytes = client.send(data, false)
      assert.ok(sentBytes > 0 && sentBytes < data.length, `sent ${sentBytes}`)
      do {
        let n = client.send(data.subarray(sentBytes), false)
        while (n > 0) {
          sentBytes += n
          n = client.send(data.subarray(sentBytes), false)
        }
        assert.equal(n, -EAGAIN)
      } while (waitFor(network, client, SEND, 20) === SEND)
      assert.ok(sentBytes < data.length)
      const received = receiveBytes(network, server, sentBytes)
      assert.deepEqual(received, data.subarray(0, sentBytes))
      assert.equal(waitFor(network, client, SEND), SEND)
      close()
    })

    test('close is end of file to the peer: ready to RECV, and recv answers 0 again and again', () => {
      const { network, client, server, close } = connected()
      client.send(bytes('last'), false)
      client.close()
      assert.equal(receive(network, server, 4), 'last')
      assert.equal(waitFor(network, server, RECV), RECV)
      assert.equal(server.recv(new Uint8Array(10)), 0)
      assert.equal(server.recv(new Uint8Array(10)), 0)
      close()
    })

    test('a half-close ends one direction and leaves the other', () => {
      const { network, client, server, close } = connected()
      assert.equal(client.shutdown(), 0)
      assert.equal(client.send(bytes('no more'), false), -EPIPE)
      assert.equal(waitFor(network, server, RECV), RECV)
      assert.equal(server.recv(new Uint8Array(10)), 0)
      assert.equal(server.send(bytes('still here'), false), 10)
      assert.equal(receive(network, client, 10), 'still here')
      close()
    })

    test('both ends half-closed is ERR, asked for or not', () => {
      const { network, client, server, close } = connected()
      client.shutdown()
      server.shutdown()
      assert.equal(waitFor(network, client, RECV, PATIENCE_MS, ERR), RECV | ERR)
      assert.equal(waitFor(network, client, 0), ERR)
      close()
    })

    test('sending to a closed peer ends in EPIPE', () => {
      const { network, client, server, close } = connected()
      server.close()
      let n = client.send(bytes('x'), false)
      // The kernel takes bytes until the peer's refusal is back.
      if (n === 1) {
        waitFor(network, client, 0, PATIENCE_MS, ERR)
        n = client.send(bytes('x'), false)
      }
      assert.equal(n, -EPIPE)
      close()
    })

    test('closing with unread bytes resets: what arrived, then ECONNRESET once, then end of file', () => {
      const { network, client, server, close } = connected()
      server.send(bytes('before'), false)
      client.send(bytes('never read'), false)
      waitFor(network, server, RECV)
      server.close()
      assert.equal(waitFor(network, client, RECV, PATIENCE_MS, ERR), RECV | ERR)
      const buffer = new Uint8Array(100)
      assert.equal(client.recv(buffer), 6)
      assert.equal(client.recv(buffer), -ECONNRESET)
      assert.equal(client.recv(buffer), 0)
      assert.equal(client.send(bytes('x'), false), -EPIPE)
      close()
    })

    test('SO_LINGER0 resets on close', () => {
      const { network, client, server, close } = connected()
      assert.equal(server.setSockOpt('SO_LINGER0', 1), 0)
      assert.equal(server.getSockOpt('SO_LINGER0'), 1)
      server.close()
      assert.equal(waitFor(network, client, RECV | SEND), RECV | SEND | ERR)
      assert.equal(client.send(bytes('x'), false), -ECONNRESET)
      assert.equal(client.send(bytes('x'), false), -EPIPE)
      close()
    })

    test('closing a listener resets those who wait to be accepted', () => {
      const network = createNetwork()
      const { listener, address } = listening(network)
      const client = opened(connectSock(network, address, PATIENCE_MS))
      listener.close()
      waitFor(network, client, RECV)
      assert.equal(client.recv(new Uint8Array(1)), -ECONNRESET)
      client.close()
    })

    test('a socket without connection: ENOTCONN to receive and shut down, EPIPE to send', () => {
      const sock = created(createNetwork())
      assert.equal(sock.recv(new Uint8Array(1)), -ENOTCONN)
      assert.equal(sock.shutdown(), -ENOTCONN)
      assert.equal(sock.send(bytes('x'), false), -EPIPE)
      assert.equal(sock.accept(), -EINVAL)
      sock.close()
    })

    test('waitMany reports only what was asked, for each socket of the set, and counts them', () => {
      const { network, client, server, listener, close } = connected()
      client.send(bytes('x'), false)
      waitFor(network, server, RECV)
      const waitSet = new Map([
        [server, { requested: RECV | SEND, occurred: 0 }],
        [listener, { requested: RECV, occurred: SEND }],
        [client, { requested: RECV, occurred: RECV }],
      ])
      assert.equal(network.waitMany(0, waitSet), 1)
      assert.deepEqual(
        [...waitSet.values()].map(({ occurred }) => occurred),
        [RECV | SEND, 0, 0],
      )
      close()
    })

    test('a new socket in a wait set is an error to look at', () => {
      const network = createNetwork()
      const sock = created(network)
      assert.equal(waitFor(network, sock, RECV), ERR)
      sock.close()
    })

    test('a closed socket in a wait set is an error, not silence', () => {
      const network = createNetwork()
      const sock = created(network)
      sock.close()
      assert.equal(waitFor(network, sock, RECV), ERR)
    })

    test('an empty wait set times out', () => {
      assert.equal(createNetwork().waitMany(0, new Map()), 0)
    })

    test('a wait set may grow', () => {
      const network = createNetwork()
      const { listener, address } = listening(network)
      const clients = Array.from({ length: 200 }, () =>
        opened(connectSock(network, address, PATIENCE_MS)),
      )
      const waitSet = new Map(clients.map(sock => [sock, { requested: SEND, occurred: 0 }]))
      assert.equal(network.waitMany(PATIENCE_MS, waitSet), 200)
      assert.ok([...waitSet.values()].every(({ occurred }) => occurred === SEND))
      for (const sock of [listener, ...clients]) sock.close()
    })

    test('a wake-up makes its waiter ready to RECV until drained, however often signalled', () => {
      const network = createNetwork()
      const wakeUp = network.createWakeUp()
      assert.ok(typeof wakeUp === 'object')
      const attached = network.attachWakeUp(wakeUp.fd)
      assert.equal(waitFor(network, wakeUp, RECV, 0), 0)
      assert.equal(attached.signal(), 0)
      assert.equal(attached.signal(), 0)
      assert.equal(waitFor(network, wakeUp, RECV), RECV)
      assert.equal(wakeUp.drain(), 0)
      assert.equal(waitFor(network, wakeUp, RECV, 0), 0)
      assert.equal(wakeUp.drain(), -EAGAIN)
      assert.equal(attached.close(), 0)
      assert.equal(wakeUp.signal(), 0)
      assert.equal(wakeUp.close(), 0)
      assert.equal(wakeUp.signal(), -EBADF)
    })

    test('an attached handle works on the same socket, and its close leaves the socket open', () => {
      const { network, client, server, close } = connected()
      const attached = network.attach(client.fd)
      assert.equal(attached.send(bytes('a'), false), 1)
      assert.equal(attached.close(), 0)
      assert.equal(attached.send(bytes('b'), false), -EBADF)
      assert.equal(attached.close(), -EBADF)
      assert.equal(client.send(bytes('c'), false), 1)
      assert.equal(receive(network, server, 2), 'ac')
      close()
    })

    test('a closed handle answers EBADF, whatever was opened since', () => {
      const network = createNetwork()
      const sock = created(network)
      assert.equal(sock.close(), 0)
      const next = created(network)
      assert.equal(sock.close(), -EBADF)
      assert.equal(sock.recv(new Uint8Array(1)), -EBADF)
      assert.equal(sock.send(bytes('x'), false), -EBADF)
      assert.equal(sock.bind(anyPort), -EBADF)
      assert.equal(sock.listen(1), -EBADF)
      assert.equal(sock.accept(), -EBADF)
      assert.equal(sock.connect(anyPort), -EBADF)
      assert.equal(sock.shutdown(), -EBADF)
      assert.equal(sock.getsockname(), -EBADF)
      assert.equal(sock.setSockOpt('SO_REUSEADDR', 1), -EBADF)
      assert.equal(sock.getSockOpt('SO_ERROR'), -EBADF)
      assert.equal(next.bind(anyPort), 0)
      assert.equal(next.close(), 0)
    })

    function connected() {
      const network = createNetwork()
      const { listener, address } = listening(network)
      const client = opened(connectSock(network, address, PATIENCE_MS, small))
      const { sock: server, from } = accepted(network, listener)
      const close = () => {
        for (const sock of [client, server, listener]) sock.close()
      }
      return { network, listener, address, client, server, from, close }
    }
  })
}

function listening(network: Network) {
  const listener = opened(listenOn(network, anyPort, small))
  const address = listener.getsockname()
  assert.ok(typeof address === 'object')
  return { listener, address }
}

/** Of a listener that is gone. */
function unusedAddress(network: Network): Address {
  const { listener, address } = listening(network)
  listener.close()
  return address
}

function created(network: Network): AnySock {
  return opened(network.createSock(4))
}

function opened(sock: AnySock | number): AnySock {
  if (typeof sock === 'number') assert.fail(`not opened: ${errnoName(-sock)}`)
  return sock
}

function accepted(network: Network, listener: AnySock) {
  waitFor(network, listener, RECV)
  const result = listener.accept()
  if (typeof result === 'number') assert.fail(`not accepted: ${errnoName(-result)}`)
  return result
}

/** What occurs: at once, or, with `until`, once those bits have come up. */
function waitFor(
  network: Network,
  waitable: Waitable,
  requested: number,
  timeoutMs = PATIENCE_MS,
  until = 0,
): number {
  const events = { requested, occurred: 0 }
  const deadlineMs = performance.now() + timeoutMs
  do network.waitMany(timeoutMs, new Map([[waitable, events]]))
  while ((events.occurred & until) !== until && performance.now() < deadlineMs)
  return events.occurred
}

function receive(network: Network, sock: AnySock, sizeBytes: number): string {
  return new TextDecoder().decode(receiveBytes(network, sock, sizeBytes))
}

function receiveBytes(network: Network, sock: AnySock, sizeBytes: number): Uint8Array {
  const received = new Uint8Array(sizeBytes)
  let receivedBytes = 0
  while (receivedBytes < sizeBytes) {
    assert.equal(waitFor(network, sock, RECV), RECV)
    const n = sock.recv(received.subarray(receivedBytes))
    assert.ok(n > 0, `recv answered ${n} after ${receivedBytes} of ${sizeBytes} bytes`)
    receivedBytes += n
  }
  return received
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
