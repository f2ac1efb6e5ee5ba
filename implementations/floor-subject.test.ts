import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { until } from './node/fixtures/tcp-peer.ts'
import type { RawOptions } from './node/service-options.ts'
import type { ThreadEvent } from './node/thread-context.ts'
import type { Address } from './sock/sock.ts'
import { Subject } from './subject.ts'

const bounded = { timeout: 30_000 }

async function startServer(t: TestContext): Promise<{ server: Server; address: Address }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const bound = server.address()
  assert.ok(bound !== null && typeof bound === 'object')
  return { server, address: { family: 4, host: '127.0.0.1', port: bound.port } }
}

function startFloor(t: TestContext, connect: Address[], events: ThreadEvent[] = []): Subject {
  const options: RawOptions = {
    protocol: 'raw',
    sendMode: 'optimistic',
    connect,
    socketBufferBytes: 1 << 16,
  }
  const subject = new Subject('floor', [options], 'one', {
    onEvent: event => events.push(event),
    onCrash: error => {
      throw error
    },
  })
  t.after(() => subject.stop())
  return subject
}

function portion(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(8 + sizeBytes)
  bytes.writeBigUInt64LE(BigInt(sizeBytes))
  return bytes
}

test(
  'floor: each portion is answered by one byte, with its last byte and not before',
  bounded,
  async t => {
    const { server, address } = await startServer(t)
    const subject = startFloor(t, [address])
    const [socket] = (await once(server, 'connection')) as [Socket]
    t.after(() => socket.destroy())
    let answers = 0
    socket.on('data', data => {
      answers += data.length
    })
    let sentBytes = 0
    const send = async (bytes: Buffer) => {
      socket.write(bytes)
      sentBytes += bytes.length
      await until(() => subject.counts().bytesReceived === sentBytes)
    }
    for (const [i, sizeBytes] of [200_000, 0, 1].entries()) {
      const bytes = portion(sizeBytes)
      await send(bytes.subarray(0, 3))
      await send(bytes.subarray(3, -1))
      assert.equal(answers, i)
      await send(bytes.subarray(-1))
      await until(() => answers === i + 1)
    }
  },
)

test('floor: a refused connection is reported, and those it had are closed', bounded, async t => {
  const { server, address } = await startServer(t)
  const { server: gone, address: refused } = await startServer(t)
  gone.close()
  const closed = once(server, 'connection').then(([socket]) =>
    once((socket as Socket).resume(), 'close'),
  )
  const events: ThreadEvent[] = []
  startFloor(t, [address, refused], events)
  await closed
  await until(() => events.length === 2)
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['connected', 'connect-failed'],
  )
})
