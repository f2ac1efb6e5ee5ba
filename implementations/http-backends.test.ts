import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { Backend } from './backend.ts'
import { until } from './node/fixtures/tcp-peer.ts'
import { HttpClient } from './node/http/fixtures/http-client.ts'
import { LARGE_BLOCK_BYTES, testChainFile } from './node/http/fixtures/test-chain-file.ts'
import { MAX_HTTP_CONNECTIONS } from './node/http/limits.ts'
import { handleRequest } from './node/http/routes.ts'
import type { HttpOptions } from './node/service-options.ts'
import type { ThreadEvent } from './node/thread-context.ts'
import { backends } from './registry.ts'
import { type SendMode, sendModes } from './send-mode.ts'
import type { Address } from './sock/sock.ts'
import { Subject } from './subject.ts'

/** What every HTTP backend must do, whatever its structure. */
const httpBackends = backends.filter(({ protocols }) => protocols.http)
const { path: chainFile, store } = testChainFile()
const tip = store.hashHex(store.tipHeight)
const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const bounded = { timeout: 30_000 }

/** Of a test that node:http does not pass, since it does things in its own way: why it does not. */
function boundedUnlessNode({ hasSendModes }: Backend, reason: string) {
  return { ...bounded, skip: hasSendModes ? false : `node:http ${reason}` }
}

class TestServer {
  private readonly events: ThreadEvent[] = []
  private readonly subject: Subject

  static async start(
    t: TestContext,
    backend: string,
    options: Partial<HttpOptions> = {},
  ): Promise<{ server: TestServer; address: Address }> {
    const server = new TestServer(t, backend, options)
    await until(() => server.events.length > 0)
    const [event] = server.events
    assert.equal(event.kind, 'listening')
    return { server, address: 'address' in event ? event.address : anyPort }
  }

  private constructor(t: TestContext, backend: string, options: Partial<HttpOptions>) {
    const resolved: HttpOptions = {
      protocol: 'http',
      sendMode: 'optimistic',
      socketBufferBytes: 1 << 16,
      listen: anyPort,
      workers: 2,
      chainFile,
      idleTimeoutMs: 30_000,
      ...options,
    }
    this.subject = new Subject(backend, [resolved], 'each', {
      onEvent: event => this.events.push(event),
      onCrash: error => {
        throw error
      },
    })
    t.after(() => this.stop())
  }

  /** A counter, summed over all threads. */
  count(name: string): number {
    return this.subject.counts()[name]
  }

  async stop(): Promise<void> {
    await this.subject.stop()
  }
}

async function connectTo(
  t: TestContext,
  address: Address,
  options: { headOnly?: boolean } = {},
): Promise<HttpClient> {
  const client = await HttpClient.connectTo(address, options)
  t.after(() => client.socket.destroy())
  return client
}

function get(target: string, ...fields: string[]): string {
  return `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields.map(field => `${field}\r\n`).join('')}\r\n`
}

function post(body: string): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

function echo(text: string): string {
  return JSON.stringify({ method: 'echo', params: [text], id: 1 })
}

function expectedBody(method: string, target: string, body = ''): Buffer {
  return Buffer.from(handleRequest(store, { method, target, body: Buffer.from(body) }).body)
}

const info = get('/rest/chaininfo.json')
const infoBody = expectedBody('GET', '/rest/chaininfo.json')

/** Whether the connection works: a request is answered on it. */
async function getInfo(client: HttpClient): Promise<void> {
  const before = client.replies.length
  client.send(info)
  await until(() => client.replies.length > before)
  assert.equal(client.replies[before].status, 200)
  assert.deepEqual(client.replies[before].body, infoBody)
}

/** Sockets, eventfds and the like; regular files come and go with modules. */
function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap(fd => readOrNothing(() => readlinkSync(`/proc/self/fd/${fd}`)))
    .filter(target => !target.startsWith('/'))
}

/**
 * Leaves this process one free descriptor. It takes another process to end that, as starting one takes
 * descriptors.
 */
async function leaveOneDescriptor(t: TestContext): Promise<void> {
  const hardLimit = /^Max open files +\d+ +(\d+)/m.exec(
    readFileSync('/proc/self/limits', 'utf8'),
  )?.[1]
  const limit = (count: string | number) => `prlimit --pid=${process.pid} --nofile=${count}:`
  const restorer = spawn('sh', ['-c', `read _; ${limit(hardLimit ?? 'unlimited')}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  t.after(async () => {
    restorer.stdin.end('\n')
    await once(restorer, 'exit')
  })
  const lowestFree = openSync('/dev/null', 'r')
  closeSync(lowestFree)
  execFileSync('sh', ['-c', limit(lowestFree + 1)])
}

function threadNames(): string[] {
  return readdirSync('/proc/self/task')
    .flatMap(tid => readOrNothing(() => readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim()))
    .filter(name => name.startsWith('b-'))
    .sort()
}

/** Threads and descriptors may vanish between being listed and being read. */
function readOrNothing(read: () => string): string[] {
  try {
    return [read()]
  } catch {
    return []
  }
}

const routes: { request: string; body: Buffer }[] = [
  { request: info, body: infoBody },
  {
    request: get(`/rest/headers/5/${store.hashHex(3)}.bin`),
    body: expectedBody('GET', `/rest/headers/5/${store.hashHex(3)}.bin`),
  },
  {
    request: post(echo('text')),
    body: expectedBody('POST', '/', echo('text')),
  },
  { request: get(`/rest/block/${tip}.bin`), body: expectedBody('GET', `/rest/block/${tip}.bin`) },
  { request: info, body: infoBody },
]

for (const { name: backend, hasSendModes } of httpBackends) {
  for (const sendMode of hasSendModes ? sendModes : (['optimistic'] as const)) {
    for (const workers of [0, 2]) {
      test(
        `${backend}, ${sendMode}, ${workers} workers: every route, to the byte`,
        bounded,
        async t => {
          const before = openDescriptors().length
          const { server, address } = await TestServer.start(t, backend, { sendMode, workers })
          if (hasSendModes) {
            const names = ['b-http', 'b-httpworker.0', 'b-httpworker.1'].slice(0, 1 + workers)
            await until(() => threadNames().join() === names.join())
          }
          const client = await connectTo(t, address)
          for (const [at, { request, body }] of routes.entries()) {
            client.send(request)
            await until(() => client.replies.length > at)
            assert.equal(client.replies[at].status, 200)
            assert.deepEqual(client.replies[at].body, body)
          }
          await server.stop()
          await until(() => client.closed)
          assert.equal(client.failed, false)
          assert.deepEqual(threadNames(), [])
          assert.equal(server.count('requests'), routes.length)
          assert.equal(server.count('messagesSent'), routes.length)
          assert.equal(server.count('bytesSent'), client.socket.bytesRead)
          assert.equal(server.count('bytesReceived'), client.socket.bytesWritten)
          assert.ok(openDescriptors().length <= before)
        },
      )
    }
  }
}

const chunkedPost = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const sized = (length: string) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`

/** What is refused, with the statuses that will do; the connection is closed behind the reply. */
const refused: { what: string; request: string; statuses: number[] }[] = [
  { what: 'a space before the colon', request: get('/', 'X : a'), statuses: [400] },
  { what: 'a folded field', request: get('/', 'X: a', ' b'), statuses: [400] },
  { what: 'no Host', request: 'GET / HTTP/1.1\r\n\r\n', statuses: [400] },
  { what: 'two Hosts', request: get('/', 'Host: b'), statuses: [400] },
  {
    what: 'two lengths',
    request: get('/', 'Content-Length: 1', 'Content-Length: 2'),
    statuses: [400],
  },
  { what: 'a length of +1_0', request: sized('+1_0'), statuses: [400] },
  { what: 'a negative length', request: sized('-48'), statuses: [400] },
  { what: 'a length of 1Z', request: sized('1Z'), statuses: [400] },
  {
    what: 'a length with chunks, and a second request in it',
    request: `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${info}`,
    statuses: [400],
  },
  {
    what: 'chunked, identity',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
    statuses: [400, 501],
  },
  {
    what: 'chunks in HTTP/1.0',
    request: 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    statuses: [400],
  },
  { what: 'a chunk size of 0_2e', request: `${chunkedPost}0_2e\r\n`, statuses: [400] },
  { what: 'a chunk size of XVI', request: `${chunkedPost}XVI\r\n`, statuses: [400] },
  { what: 'chunk data without its end', request: `${chunkedPost}1\r\nab\r\n`, statuses: [400] },
  { what: 'CR LF CR and a request', request: '\r\n\rZGET /evil HTTP/1.1\r\n\r\n', statuses: [400] },
  { what: 'NUL in the target', request: get('/\0'), statuses: [400] },
  { what: 'NUL in a value', request: get('/', 'X: \0'), statuses: [400] },
  { what: 'a bare CR in a value', request: get('/', 'X: a\rb'), statuses: [400] },
  { what: 'an empty name', request: get('/', ': a'), statuses: [400] },
  { what: 'no version', request: 'GET /\r\n\r\n', statuses: [400] },
  { what: 'HTTP/9.9', request: 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', statuses: [400, 505] },
  { what: 'HTTP/1.00', request: 'GET / HTTP/1.00\r\nHost: a\r\n\r\n', statuses: [400] },
  { what: 'a long target', request: get(`/${'a'.repeat(8_192)}`), statuses: [414] },
  { what: 'long headers', request: get('/', `X: ${'a'.repeat(8_192)}`), statuses: [431] },
  { what: 'an unknown method', request: 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n', statuses: [405] },
  { what: 'a body over 32 MiB', request: sized(`${(32 << 20) + 1}`), statuses: [413] },
]

for (const httpBackend of httpBackends) {
  const { name: backend, hasSendModes } = httpBackend
  test(
    `${backend}: what is refused, whole and byte by byte, disturbs nobody else`,
    boundedUnlessNode(httpBackend, 'takes some of these, and has other statuses'),
    async t => {
      const { address } = await TestServer.start(t, backend)
      const other = await connectTo(t, address)
      for (const { what, request, statuses } of refused) {
        const whole = await connectTo(t, address)
        whole.send(request)
        const split = await connectTo(t, address)
        split.sendByteByByte(request)
        await getInfo(other)
        for (const client of [whole, split]) {
          await until(() => client.ended)
          assert.equal(client.replies.length, 1, what)
          assert.ok(statuses.includes(client.statuses[0]), `${what}: ${client.statuses[0]}`)
          assert.equal(client.replies[0].fields.get('connection'), 'close', what)
          assert.equal(client.rest.length, 0, what)
          assert.equal(client.failed, false, what)
        }
      }
      await getInfo(other)
    },
  )

  test(`${backend}: every prefix of a request waits, and gets nothing`, bounded, async t => {
    const { server, address } = await TestServer.start(t, backend)
    const request = post(echo('x'))
    const clients = await Promise.all(
      Array.from({ length: request.length }, () => connectTo(t, address)),
    )
    for (const [length, client] of clients.entries()) client.send(request.slice(0, length))
    const sentBytes = (request.length * (request.length - 1)) / 2
    await until(() => server.count('bytesReceived') === sentBytes)
    await getInfo(await connectTo(t, address))
    for (const client of clients)
      assert.deepEqual([client.replies.length, client.rest.length], [0, 0])
    for (const [length, client] of clients.entries()) {
      client.send(request.slice(length))
      await until(() => client.replies.length === 1)
      assert.deepEqual(client.statuses, [200])
    }
  })

  test(`${backend}: chunks, byte by byte, with extensions and trailers`, bounded, async t => {
    const { address } = await TestServer.start(t, backend)
    const client = await connectTo(t, address)
    const body = echo('chunks')
    const head = body.slice(0, 11)
    const tail = body.slice(11)
    const chunks = `b;x=y\r\n${head}\r\n${tail.length.toString(16)}\r\n${tail}\r\n0\r\nX: t\r\n\r\n`
    client.sendByteByByte(`${chunkedPost}${chunks}`)
    client.send(info)
    await until(() => client.replies.length === 2)
    assert.deepEqual(client.replies[0].body, expectedBody('POST', '/', body))
    assert.deepEqual(client.replies[1].body, infoBody)
  })

  test(`${backend}: a client that waits to continue is told to`, bounded, async t => {
    const { address } = await TestServer.start(t, backend)
    const client = await connectTo(t, address)
    const [head, body] = post(echo('later')).split('\r\n\r\n')
    client.send(`${head}\r\nExpect: 100-continue\r\n\r\n`)
    await until(() => client.replies.length === 1)
    assert.deepEqual(client.statuses, [100])
    client.send(body)
    await until(() => client.replies.length === 2)
    assert.deepEqual(client.replies[1].body, expectedBody('POST', '/', body))
  })

  test(
    `${backend}: pipelined requests are answered in order, large replies among them`,
    bounded,
    async t => {
      const { address } = await TestServer.start(t, backend, { sendMode: 'optimistic' })
      const client = await connectTo(t, address)
      const bodies = Array.from({ length: 10 }, (_, i) => echo(`number ${i}`))
      const requests = bodies.map(body => post(body))
      client.send([...requests, get(`/rest/block/${tip}.bin`), info].join(''))
      await until(() => client.replies.length === 12)
      const expected = bodies.map(body => expectedBody('POST', '/', body))
      assert.deepEqual(
        client.replies.map(({ body }) => body),
        [...expected, expectedBody('GET', `/rest/block/${tip}.bin`), infoBody],
      )
    },
  )

  test(
    `${backend}: an invalid second request: first the reply, then 400, then the end`,
    bounded,
    async t => {
      const { server, address } = await TestServer.start(t, backend)
      const client = await connectTo(t, address)
      client.send(`${info}${get('/', 'X : a')}${info}`)
      await until(() => client.ended)
      assert.deepEqual(client.statuses, [200, 400])
      assert.equal(server.count('requests'), 1)
    },
  )

  test(`${backend}: who closes, and who keeps the connection open`, bounded, async t => {
    const { address } = await TestServer.start(t, backend)
    const cases = [
      { request: get('/rest/chaininfo.json', 'Connection: close'), said: 'close' },
      { request: 'GET /rest/chaininfo.json HTTP/1.0\r\n\r\n', said: 'close' },
      {
        request: 'GET /rest/chaininfo.json HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
        said: 'keep-alive',
      },
      { request: info, said: undefined },
      { request: get('/nowhere'), said: undefined, status: 404 },
      { request: 'DELETE / HTTP/1.1\r\nHost: a\r\n\r\n', said: undefined, status: 405 },
    ]
    for (const { request, said, status = 200 } of cases) {
      const client = await connectTo(t, address)
      client.send(request)
      await until(() => client.replies.length === 1)
      assert.deepEqual(client.statuses, [status])
      const keptOpen = hasSendModes ? undefined : 'keep-alive' // node:http always says so
      assert.equal(client.replies[0].fields.get('connection'), said ?? keptOpen, request)
      if (said === 'close') await until(() => client.ended)
      else await getInfo(client)
    }
  })

  test(`${backend}: HEAD gets the head of GET's reply`, bounded, async t => {
    const { address } = await TestServer.start(t, backend)
    const client = await connectTo(t, address, { headOnly: true })
    client.send(info.replace('GET', 'HEAD'))
    client.send(get('/nowhere').replace('GET', 'HEAD'))
    await until(() => client.replies.length === 2)
    assert.deepEqual(client.statuses, [200, 404])
    assert.equal(client.replies[0].fields.get('content-length'), `${infoBody.length}`)
    assert.equal(client.rest.length, 0)
  })

  test(
    `${backend}: an incomplete request is closed in the end, and so is an idle client`,
    bounded,
    async t => {
      const { address } = await TestServer.start(t, backend, { idleTimeoutMs: 150 })
      const [incomplete, idle] = [await connectTo(t, address), await connectTo(t, address)]
      incomplete.send('GET / HT')
      await getInfo(idle)
      await until(() => incomplete.ended && idle.ended)
      assert.deepEqual([incomplete.replies.length, incomplete.rest.length], [0, 0])
    },
  )

  test(
    `${backend}: a client that has sent all it wants gets every reply`,
    boundedUnlessNode(httpBackend, 'gives up what is pipelined at EOF'),
    async t => {
      const { address } = await TestServer.start(t, backend)
      const client = await connectTo(t, address)
      client.send(`${get(`/rest/block/${tip}.bin`)}${info}`)
      client.socket.end()
      await until(() => client.closed)
      assert.deepEqual(client.statuses, [200, 200])
      assert.equal(client.replies[0].body.length, LARGE_BLOCK_BYTES)
      assert.equal(client.failed, false)
    },
  )

  test(
    `${backend}: a client that resets while it is served disturbs nobody else`,
    bounded,
    async t => {
      const before = openDescriptors().length
      const { server, address } = await TestServer.start(t, backend)
      const other = await connectTo(t, address)
      for (let i = 0; i < 20; i++) {
        const client = await connectTo(t, address)
        client.socket.pause()
        client.send(get(`/rest/block/${tip}.bin`).repeat(3))
        if (i % 2 === 0) await until(() => server.count('requests') > 0)
        client.socket.resetAndDestroy()
        await getInfo(other)
      }
      await server.stop()
      await until(() => other.closed)
      assert.ok(openDescriptors().length <= before)
    },
  )

  test(
    `${backend}: 1,000 connections, one after the other, leave nothing behind`,
    bounded,
    async t => {
      const { server, address } = await TestServer.start(t, backend)
      await getInfo(await connectTo(t, address))
      const before = openDescriptors().length
      for (let i = 0; i < 20; i++) {
        const clients = await Promise.all(Array.from({ length: 50 }, () => connectTo(t, address)))
        for (const client of clients) client.send(get('/rest/chaininfo.json', 'Connection: close'))
        await until(() => clients.every(({ closed }) => closed))
        for (const { statuses } of clients) assert.deepEqual(statuses, [200])
      }
      await until(() => openDescriptors().length <= before)
      assert.equal(server.count('requests'), 1_001)
    },
  )

  test(
    `${backend}: stopping, what is in flight is finished and the rest gets 503`,
    boundedUnlessNode(httpBackend, 'handles all that is pipelined at once'),
    async t => {
      const { server, address } = await TestServer.start(t, backend, { sendMode: 'queued' })
      const clients = await Promise.all(Array.from({ length: 16 }, () => connectTo(t, address)))
      const requests = get(`/rest/block/${tip}.bin`).repeat(8)
      for (const client of clients) client.send(requests)
      await until(() => server.count('bytesReceived') === clients.length * requests.length)
      await server.stop()
      await until(() => clients.every(({ closed }) => closed))
      for (const { replies, statuses, rest, failed } of clients) {
        assert.equal(failed, false)
        assert.equal(rest.length, 0)
        const served = statuses.filter(status => status === 200).length
        assert.deepEqual(statuses.slice(served), served < 8 ? [503] : [])
        for (const { body } of replies.slice(0, served))
          assert.equal(body.length, LARGE_BLOCK_BYTES)
      }
    },
  )

  test(
    `${backend}: stopped while clients send the next request on each reply, it loses no reply`,
    boundedUnlessNode(httpBackend, 'closes what is between two requests'),
    async t => {
      for (const workers of [0, 2]) {
        const { server, address } = await TestServer.start(t, backend, { workers })
        const clients = await Promise.all(Array.from({ length: 8 }, () => connectTo(t, address)))
        const asked = clients.map(client => {
          let requests = 0
          const ask = () => {
            if (client.replies.length < requests || client.statuses.includes(503)) return
            requests++
            client.send(info)
          }
          client.socket.on('data', ask)
          ask()
          return () => requests
        })
        await until(() => server.count('requests') >= 200)
        await server.stop()
        await until(() => clients.every(({ closed }) => closed))
        let answered = 0
        for (const [i, { statuses, rest, failed }] of clients.entries()) {
          assert.equal(failed, false)
          assert.equal(rest.length, 0)
          assert.ok(asked[i]() - statuses.length <= 1)
          const served = statuses.filter(status => status === 200).length
          assert.deepEqual(statuses.slice(served), served < statuses.length ? [503] : [])
          answered += statuses.length
        }
        assert.equal(answered, server.count('requests'))
      }
    },
  )

  test(
    `${backend}: 16 clients that never read cost little memory, and others no reply`,
    boundedUnlessNode(httpBackend, 'handles all that is pipelined at once'),
    async t => {
      const { server, address } = await TestServer.start(t, backend)
      const other = await connectTo(t, address)
      await getInfo(other)
      const before = process.memoryUsage.rss()
      const idle = await Promise.all(Array.from({ length: 16 }, () => connectTo(t, address)))
      for (const client of idle) {
        client.socket.pause()
        client.send(get(`/rest/block/${tip}.bin`).repeat(500))
      }
      await until(() => server.count('requests') >= 1 + 2 * idle.length)
      let handled = -1
      for (let others = 1; handled !== server.count('requests') - others; ) {
        handled = server.count('requests') - others
        for (let i = 0; i < 50; i++, others++) await getInfo(other)
      }
      assert.ok(handled <= 3 * idle.length, `it handled ${handled}`)
      const grownBytes = process.memoryUsage.rss() - before
      assert.ok(grownBytes < 120e6, `it grew by ${grownBytes}`)
    },
  )

  test(
    `${backend}: out of descriptors, who is connected is served, and others later`,
    boundedUnlessNode(httpBackend, 'closes connections that it has no descriptors for'),
    async t => {
      const { server, address } = await TestServer.start(t, backend, { workers: 0 })
      const clients: HttpClient[] = []
      for (let i = 0; i < 5; i++) clients.push(await connectTo(t, address))
      for (const client of clients) await getInfo(client)
      await leaveOneDescriptor(t)
      const late = await connectTo(t, address)
      late.send(info)
      for (let i = 0; i < 10; i++) for (const client of clients) await getInfo(client)
      assert.equal(late.replies.length, 0)
      assert.ok(server.count('acceptPauses') > 0)
      clients[0].socket.destroy()
      await until(() => late.replies.length === 1)
      assert.deepEqual(late.statuses, [200])
    },
  )
}

const REQUESTS = 20
const pollingBackends = httpBackends.filter(({ hasSendModes }) => hasSendModes)

for (const { name: backend } of pollingBackends) {
  test(`${backend}: what waits for the loop is counted`, bounded, async t => {
    const { server, address } = await TestServer.start(t, backend)
    const waitFor = async (counter: string, request: string) => {
      while (server.count(counter) === 0) {
        const client = await connectTo(t, address)
        client.send(request)
        await until(() => client.replies.length === 2 || client.closed)
      }
    }
    const large = get(`/rest/block/${tip}.bin`)
    await waitFor('pipelineWaits45ms', info + info)
    await waitFor('closeWaits45ms', get('/', 'Connection: close'))
    await waitFor('partialSends', large + large)
    await waitFor('sendWaits45ms', large + large)
  })

  for (const workers of [0, 2]) {
    test(
      `${backend}, ${workers} workers: a reply is sent by who has handled its request, or after another poll`,
      bounded,
      async t => {
        const wakeUps = async (sendMode: SendMode) => {
          const { server, address } = await TestServer.start(t, backend, { sendMode, workers })
          const client = await connectTo(t, address)
          for (let i = 0; i < REQUESTS; i++) await getInfo(client)
          client.socket.end()
          await until(() => client.closed)
          await server.stop()
          return server.count('pollWakeUps')
        }
        // one for each request; and the connection, its end, the stop
        assert.ok((await wakeUps('optimistic')) <= REQUESTS + 3)
        assert.ok((await wakeUps('queued')) >= 2 * REQUESTS)
      },
    )
  }

  test(`${backend}: connections beyond 1,000 are closed at once`, bounded, async t => {
    const { server, address } = await TestServer.start(t, backend)
    const clients: HttpClient[] = []
    while (clients.length < MAX_HTTP_CONNECTIONS) clients.push(await connectTo(t, address))
    await getInfo(clients[MAX_HTTP_CONNECTIONS - 1])
    const refusedClient = await connectTo(t, address)
    await until(() => refusedClient.ended)
    assert.equal(refusedClient.replies.length, 0)
    clients[0].socket.destroy()
    await until(() => server.count('syscall.close') === 2)
    await getInfo(await connectTo(t, address))
  })
}

test('look-ups are what tells the backends apart', bounded, async t => {
  const formulas: Record<string, (server: TestServer) => number> = {
    direct: polledConnections,
    // Socket to events, id to client for RECV, and for SEND; id to socket, and to client; id to socket.
    'virtual-sockman': server =>
      3 * polledConnections(server) +
      2 * server.count('syscall.recv') +
      server.count('syscall.send'),
    'devirtualized-sockman': () => 0,
  }
  for (const { name } of pollingBackends) {
    const { server, address } = await TestServer.start(t, name)
    const client = await connectTo(t, address)
    for (let i = 0; i < 50; i++) await getInfo(client)
    client.socket.end()
    await until(() => client.closed)
    await server.stop()
    assert.ok(polledConnections(server) > 50)
    assert.equal(server.count('lookups'), formulas[name](server), name)
  }
})

/** Of a server that has stopped without a client, so that its listener was in every wait set. */
function polledConnections(server: TestServer): number {
  const polls = server.count('pollWakeUps') + server.count('pollTimeouts')
  return server.count('waitSetEntries') - polls
}
