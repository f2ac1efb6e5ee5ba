import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { type TestContext, test } from 'node:test'
import { listenOn } from '../../implementations/sock/connect.ts'
import { PosixNetwork, PosixSock } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { closeAll, openConnections } from './connections.ts'

const network = new PosixNetwork(createSyscallCounts())

function listen(t: TestContext): { port: number; listener: PosixSock } {
  const listener = listenOn(network, { family: 4, host: '127.0.0.1', port: 0 })
  assert.ok(typeof listener !== 'number')
  t.after(() => listener.close())
  const bound = listener.getsockname()
  assert.ok(typeof bound !== 'number')
  return { port: bound.port, listener }
}

test('every connection has buffers of the fixed size', t => {
  const options = { port: listen(t).port, connections: 3, timeoutMs: 5000 }
  for (const [asked, sizeBytes] of [
    [options, 256 << 10],
    [{ ...options, socketBufferBytes: 8192 }, 8192],
  ] as const) {
    const connected = openConnections(network, asked)
    assert.ok(connected.state === 'connected')
    t.after(() => closeAll(connected.socks))
    assert.equal(connected.socks.length, 3)
    for (const sock of connected.socks) {
      assert.equal(sock.getSockOpt('SO_RCVBUF'), 2 * sizeBytes)
      assert.equal(sock.getSockOpt('SO_SNDBUF'), 2 * sizeBytes)
    }
  }
})

test('a connection that cannot be opened is named, and none stays open', t => {
  const { port } = listen(t)
  const createSock = t.mock.method(PosixNetwork.prototype, 'createSock')
  const close = t.mock.method(PosixSock.prototype, 'close')
  createSock.mock.mockImplementationOnce(() => -constants.errno.EMFILE, 2)
  assert.deepEqual(openConnections(network, { port, connections: 3, timeoutMs: 5000 }), {
    state: 'failed',
    reason: `connection 3 to 127.0.0.1:${port}: EMFILE (24)`,
  })
  assert.deepEqual(
    close.mock.calls.map(call => call.result),
    [0, 0],
  )
})

test('a server that is not there is named', t => {
  const { port, listener } = listen(t)
  listener.close()
  assert.deepEqual(openConnections(network, { port, connections: 2, timeoutMs: 5000 }), {
    state: 'failed',
    reason: `connection 1 to 127.0.0.1:${port}: ECONNREFUSED (111)`,
  })
})
