import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { until } from '../node/fixtures/tcp-peer.ts'
import { HttpClient } from '../node/http/fixtures/http-client.ts'
import { LARGE_BLOCK_BYTES, testChainFile } from '../node/http/fixtures/test-chain-file.ts'
import type { ThreadEvent } from '../node/thread-context.ts'
import { PosixNetwork } from '../sock/posix-sock.ts'
import type { Address } from '../sock/sock.ts'
import { ThreadCounters, totals } from '../threads/counters.ts'
import { ServiceMemory } from '../threads/service-memory.ts'
import { runLibuvHttp } from './http-server.ts'

const { path: chainFile, store } = testChainFile()
const tip = store.hashHex(store.tipHeight)
const info = 'GET /rest/chaininfo.json HTTP/1.1\r\nHost: a\r\n\r\n'
const block = `GET /rest/block/${tip}.bin HTTP/1.1\r\nHost: a\r\n\r\n`
const post = 'POST / HTTP/1.1\r\nHost: a\r\n'
const bounded = { timeout: 30_000 }

class RunningServer {
  readonly counters = ThreadCounters.create()
  readonly stopped: Promise<void>
  private readonly events: ThreadEvent[] = []
  private readonly t: TestContext
  private stopIt = () => {}

  constructor(t: TestContext) {
    this.t = t
    const stopped = new Promise<void>(resolve => {
      this.stopIt = resolve
    })
    const context = {
      options: {
        protocol: 'http',
        sendMode: 'optimistic',
        socketBufferBytes: 1 << 16,
        listen: { family: 4, host: '127.0.0.1', port: 0 },
        workers: 2,
        chainFile,
        idleTimeoutMs: 30_000,
      },
      network: new PosixNetwork(this.counters.syscalls),
      service: ServiceMemory.create(),
      counters: this.counters,
      report: (event: ThreadEvent) => this.events.push(event),
      wakeUp: undefined,
      announce: () => {},
      takeHandedOver: () => [],
    } as const
    this.stopped = runLibuvHttp(context, stopped)
    t.after(() => this.stop())
  }

  async client(): Promise<HttpClient> {
    const client = await HttpClient.connectTo(this.address)
    this.t.after(() => client.socket.destroy())
    return client
  }

  async stop(): Promise<void> {
    this.stopIt()
    await this.stopped
  }

  private get address(): Address {
    const [event] = this.events
    assert.equal(event.kind, 'listening')
    return event.address
  }
}

test(
  'what is refused, whole and byte by byte, is closed behind its one reply',
  bounded,
  async t => {
    const refused: [string, number][] = [
      [`${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${info}`, 400],
      [`${post}Content-Length: ${(32 << 20) + 1}\r\n\r\n`, 413],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(8_192)}\r\n\r\n`, 431],
      ['GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ]
    const server = new RunningServer(t)
    for (const [request, status] of refused) {
      const [whole, split] = [await server.client(), await server.client()]
      whole.send(request)
      split.sendByteByByte(request)
      for (const client of [whole, split]) {
        await until(() => client.ended)
        assert.deepEqual(client.statuses, [status])
        assert.equal(client.replies[0].fields.get('connection'), 'close')
        assert.deepEqual([client.rest.length, client.failed], [0, false])
      }
    }
  },
)

test('chunks that add up to more than 32 MiB are 413, once', bounded, async t => {
  const client = await new RunningServer(t).client()
  client.send(`${post}Transfer-Encoding: chunked\r\n\r\n`)
  const chunk = `100000\r\n${'a'.repeat(1 << 20)}\r\n`
  for (let i = 0; i < 32; i++) client.send(chunk)
  client.send('1\r\na\r\n')
  await until(() => client.replies.length > 0)
  client.send('0\r\n\r\n')
  await until(() => client.ended)
  assert.deepEqual(client.statuses, [413])
})

test('stopping, a reply that is being sent is finished', bounded, async t => {
  const server = new RunningServer(t)
  const clients = [await server.client(), await server.client()]
  for (const client of clients) client.send(block)
  await until(() => totals([server.counters]).requests === 2)
  await server.stop()
  await until(() => clients.every(({ closed }) => closed))
  for (const { replies, failed } of clients) {
    assert.equal(failed, false)
    assert.equal(replies[0].body.length, LARGE_BLOCK_BYTES)
  }
})

test('stopping, a request that comes still is 503', bounded, async t => {
  const server = new RunningServer(t)
  const [slow, late] = [await server.client(), await server.client()]
  slow.socket.pause()
  slow.send(block.repeat(20))
  await until(() => totals([server.counters]).requests === 20)
  const stopped = server.stop()
  late.send(info)
  await until(() => late.ended)
  assert.deepEqual(late.statuses, [503])
  slow.socket.resume()
  await stopped
})

test('stopping, a client that reads nothing is closed in the end', bounded, async t => {
  const server = new RunningServer(t)
  const client = await server.client()
  client.socket.pause()
  client.send(block.repeat(50))
  await until(() => totals([server.counters]).requests === 50)
  await server.stop()
  client.socket.resume()
  await until(() => client.closed)
  assert.ok(client.replies.length < 50)
})
