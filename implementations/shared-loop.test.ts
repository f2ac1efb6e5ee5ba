import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import type { Backend } from './backend.ts'
import { frameOf, type TcpPeer, TcpPeerServer, until } from './node/fixtures/tcp-peer.ts'
import { TestChain } from './node/fixtures/test-chain.ts'
import { HttpClient } from './node/http/fixtures/http-client.ts'
import { testChainFile } from './node/http/fixtures/test-chain-file.ts'
import { handleRequest } from './node/http/routes.ts'
import type { LoopSharing, ServiceOptions } from './node/service-options.ts'
import type { ThreadEvent } from './node/thread-context.ts'
import { MessageType } from './protocol/p2p/message-type.ts'
import { encodePing } from './protocol/p2p/messages/ping.ts'
import { backends } from './registry.ts'
import { type SendMode, sendModes } from './send-mode.ts'
import type { Address } from './sock/sock.ts'
import { Subject } from './subject.ts'

/** P2P and HTTP in one subject, in one socket loop or in two: what every backend with both must do. */
const bothProtocols = backends.filter(({ protocols }) => protocols.p2p && protocols.http)
const loopSharings: readonly LoopSharing[] = ['one', 'each']
const chain = new TestChain(30)
const { path: chainFile, store } = testChainFile()
const target = '/rest/chaininfo.json'
const request = `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
const expected = Buffer.from(
  handleRequest(store, { method: 'GET', target, body: Buffer.alloc(0) }).body,
)
const bounded = { timeout: 60_000 }

interface Served {
  subject: Subject
  peer: TcpPeer
  clients: HttpClient[]
}

/** A subject with a P2P connection to `peer`, and HTTP connections. */
async function serving(
  t: TestContext,
  backend: string,
  loops: LoopSharing,
  { connections = 1, sendMode = 'optimistic' }: { connections?: number; sendMode?: SendMode } = {},
): Promise<Served> {
  const server = await TcpPeerServer.start(chain)
  t.after(() => server.close())
  const events: ThreadEvent[] = []
  const subject = new Subject(backend, servicesWith(server.address, sendMode), loops, {
    onEvent: event => events.push(event),
    onCrash: error => {
      throw error
    },
  })
  t.after(() => subject.stop())
  const listening = () => events.find(event => event.kind === 'listening')
  await until(() => server.peers[0]?.handshakeDone && listening() !== undefined)
  const clients: HttpClient[] = []
  for (let i = 0; i < connections; i++) {
    const client = await HttpClient.connectTo(listening()?.address ?? anyPort)
    t.after(() => client.socket.destroy())
    clients.push(client)
  }
  return { subject, peer: server.peers[0], clients }
}

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }

function servicesWith(peer: Address, sendMode: SendMode): ServiceOptions[] {
  const common = { sendMode, socketBufferBytes: 1 << 16 }
  return [
    {
      ...common,
      protocol: 'p2p',
      verify: 'merkle',
      refillBlocks: 1,
      listen: undefined,
      connect: [peer],
    },
    {
      ...common,
      protocol: 'http',
      listen: anyPort,
      workers: 2,
      chainFile,
      idleTimeoutMs: 30_000,
    },
  ]
}

/** Resolves once one more request is answered, and answered right. */
async function ask(client: HttpClient): Promise<void> {
  const before = client.replies.length
  client.send(request)
  await until(() => client.replies.length > before)
  assert.equal(client.replies[before].status, 200)
  assert.deepEqual(client.replies[before].body, expected)
}

/** Pings over and over, as fast as they are taken. @returns what ends it, and says how many there were */
function floodWithPings({ socket }: TcpPeer): () => number {
  const pings = Buffer.concat(Array(FLOOD_PINGS).fill(frameOf(MessageType.ping, encodePing(1n))))
  let written = 0
  let flooding = true
  const write = () => {
    if (!flooding) return
    written += FLOOD_PINGS
    if (socket.write(pings)) setImmediate(write)
    else socket.once('drain', write)
  }
  write()
  return () => {
    flooding = false
    return written
  }
}

const FLOOD_PINGS = 500

/** The next request of each client at once when its reply has come. @returns as `floodWithPings` */
function floodWithRequests(clients: readonly HttpClient[]): () => number {
  let asked = 0
  let flooding = true
  for (const client of clients) {
    let awaited = 0
    const next = () => {
      if (!flooding || client.replies.length < awaited) return
      awaited++
      asked++
      client.send(request)
    }
    client.socket.on('data', next)
    next()
  }
  return () => {
    flooding = false
    return asked
  }
}

function subjectThreadNames(): string[] {
  const names = readdirSync('/proc/self/task').flatMap(tid => {
    try {
      return [readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim()]
    } catch {
      return [] // a thread may end between being listed and being read
    }
  })
  return names.filter(name => name.startsWith('b-')).sort()
}

function threadNamesOf({ hasSendModes }: Backend, loops: LoopSharing): string[] {
  const handlers = hasSendModes ? ['b-httpworker.0', 'b-httpworker.1', 'b-msghand'] : []
  return [...(loops === 'each' ? ['b-http'] : []), ...handlers, 'b-net'].sort()
}

for (const backend of bothProtocols) {
  const { name } = backend
  for (const loops of loopSharings) {
    const named = `${name}, loops ${loops}`

    for (const sendMode of backend.hasSendModes ? sendModes : (['optimistic'] as const)) {
      test(
        `${named}, ${sendMode}: its threads serve both protocols at the same time`,
        bounded,
        async t => {
          const {
            subject,
            peer,
            clients: [client],
          } = await serving(t, name, loops, { sendMode })
          const threads = threadNamesOf(backend, loops)
          await until(() => subjectThreadNames().join() === threads.join())
          for (let nonce = 1n; nonce <= 20n; nonce++) {
            peer.ping(nonce)
            await ask(client)
            await until(() => peer.pongs.includes(nonce))
          }
          await until(() => subject.progress.blockHeight === chain.tipHeight)
          assert.equal(subject.counts().requests, 20)
          await subject.stop()
          await until(() => peer.closed && client.closed)
          assert.deepEqual(subjectThreadNames(), [])
          const { bytesReceived, bytesSent } = subject.counts()
          assert.equal(bytesReceived, peer.socket.bytesWritten + client.socket.bytesWritten)
          assert.equal(bytesSent, peer.socket.bytesRead + client.socket.bytesRead)
        },
      )
    }

    test(`${named}: HTTP is answered while a peer floods`, bounded, async t => {
      const {
        peer,
        clients: [client],
      } = await serving(t, name, loops)
      const stop = floodWithPings(peer)
      while (client.replies.length < 20 || peer.pongs.length < 5_000) await ask(client)
      const pings = stop()
      await until(() => peer.pongs.length >= pings)
      assert.equal(peer.pongs.length, pings)
    })

    test(`${named}: a peer is answered while HTTP is flooded`, bounded, async t => {
      const { peer, clients } = await serving(t, name, loops, { connections: 8 })
      const replies = () => clients.flatMap(client => client.replies)
      const stop = floodWithRequests(clients)
      for (let nonce = 1n; nonce <= 20n || replies().length < 2_000; nonce++) {
        await peer.pingPong(nonce)
      }
      const asked = stop()
      await until(() => replies().length >= asked)
      assert.equal(replies().length, asked)
      assert.ok(replies().every(({ status, body }) => status === 200 && body.equals(expected)))
    })
  }

  test(
    `${name}: in one loop, a peer that misbehaves does not disturb HTTP, nor HTTP a peer`,
    bounded,
    async t => {
      const {
        peer,
        clients: [client],
      } = await serving(t, name, 'one')
      client.send('GET /\0 HTTP/1.1\r\n\r\n')
      await until(() => client.closed)
      assert.deepEqual(client.statuses, [400])
      await peer.pingPong(1n)

      const other = await serving(t, name, 'one')
      other.peer.socket.write(Buffer.alloc(24))
      await until(() => other.peer.closed)
      await ask(other.clients[0])
    },
  )
}
