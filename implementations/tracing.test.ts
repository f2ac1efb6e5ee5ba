import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { frameOf, TcpPeerServer, until } from './node/fixtures/tcp-peer.ts'
import { TestChain } from './node/fixtures/test-chain.ts'
import { HttpClient } from './node/http/fixtures/http-client.ts'
import { testChainFile } from './node/http/fixtures/test-chain-file.ts'
import { payjoinReply, TestPayee } from './node/outbound-http/fixtures/test-payee.ts'
import { TestSubscriber } from './node/push/fixtures/test-subscriber.ts'
import type { ServiceOptions } from './node/service-options.ts'
import type { ThreadEvent } from './node/thread-context.ts'
import { MessageType } from './protocol/p2p/message-type.ts'
import { encodePing } from './protocol/p2p/messages/ping.ts'
import { candidates } from './registry.ts'
import type { SendMode } from './send-mode.ts'
import type { Address } from './sock/sock.ts'
import { Subject } from './subject.ts'
import { ProcessTracing, type ThreadRecording } from './trace/process-tracing.ts'
import { EVENT_WORDS, type TraceKind, TraceRing, traceKinds, Word } from './trace/trace-ring.ts'

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const bounded = { timeout: 30_000 }
const chain = new TestChain(30)
const loop = { sendMode: 'optimistic' as SendMode, socketBufferBytes: 1 << 16 }

/** A subject in this process whose threads can be told to record. */
class TracedTestSubject {
  readonly tracing = new ProcessTracing()
  /** Of every recording so far. */
  readonly rings: TraceRing[] = []
  private readonly subject: Subject
  private readonly events: ThreadEvent[] = []

  constructor(t: TestContext, backend: string, options: ServiceOptions) {
    this.subject = new Subject(backend, [options], 'one', {
      onEvent: event => this.events.push(event),
      onTracing: event => {
        this.rings.push(new TraceRing(event.ring))
        this.tracing.took(event)
      },
      onCrash: error => {
        throw error
      },
    })
    t.after(() => this.subject.stop())
  }

  async listening(): Promise<Address> {
    const bound = () => this.events.find(event => event.kind === 'listening')
    await until(() => bound() !== undefined)
    return bound()?.address ?? anyPort
  }

  start(capacityEvents: number): Promise<void> {
    return this.tracing.start(capacityEvents, this.subject.threads)
  }

  counts(): Record<string, number> {
    return this.subject.counts()
  }

  /** What is recorded while `act` runs, and by how much the counters grow in that time. */
  async traced(act: () => Promise<void>, capacityEvents = 1 << 16) {
    await until(threadsSleep)
    const before = this.counts()
    await this.start(capacityEvents)
    await act()
    await until(threadsSleep)
    const recordings = await this.tracing.stop()
    assert.equal(recordings.length, this.subject.threads)
    const after = this.counts()
    const grown = (name: string) => after[name] - before[name]
    return { recordings, grown }
  }
}

/** What came before is done: a thread that has work left runs, or waits to. */
function threadsSleep(): boolean {
  return readdirSync('/proc/self/task').every(tid => {
    const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8')
    const [, name, state] = /\((.*)\) (\S)/.exec(stat) ?? []
    return !name.startsWith('b-') || state === 'S'
  })
}

interface Recorded {
  kind: TraceKind
  thread: string
  connection: number
  a: number
  b: number
  c: number
  d: number
}

function eventsIn(recordings: readonly ThreadRecording[], kind: TraceKind): Recorded[] {
  return recordings.flatMap(({ thread, words }) => {
    const events: Recorded[] = []
    for (let at = 0; at < words.length; at += EVENT_WORDS) {
      const [a, b, c, d] = words.subarray(at + Word.a, at + EVENT_WORDS)
      const connection = words[at + Word.connection]
      events.push({ kind: traceKinds[words[at + Word.code]], thread, connection, a, b, c, d })
    }
    return events.filter(event => event.kind === kind)
  })
}

function sumOfA(events: readonly Recorded[]): number {
  return events.reduce((sum, { a }) => sum + a, 0)
}

/** What holds of every protocol. */
function assertAgreesWithCounters(
  recordings: readonly ThreadRecording[],
  grown: (name: string) => number,
): void {
  const of = (kind: TraceKind) => eventsIn(recordings, kind)
  assert.equal(of('outbound_message').length, grown('messagesSent'))
  assert.equal(sumOfA(of('sent_bytes')), grown('bytesSent'))
  assert.equal(of('recv').length, of('recv_returned').length)
  assert.equal(of('send').length, of('send_returned').length)
  const sentByCalls = of('send_returned').filter(({ a }) => a > 0)
  assert.equal(sumOfA(sentByCalls), grown('bytesSent'))
}

for (const { name: backend } of candidates) {
  for (const sendMode of ['optimistic', 'queued'] as const) {
    test(
      `${backend}, ${sendMode}: every P2P message passes every tracepoint once`,
      bounded,
      async t => {
        const server = await TcpPeerServer.start(chain)
        t.after(() => server.close())
        const subject = new TracedTestSubject(t, backend, {
          ...loop,
          sendMode,
          protocol: 'p2p',
          verify: 'none',
          refillBlocks: 1,
          listen: undefined,
          connect: [server.address],
        })
        await until(() => server.peers[0]?.received.includes(MessageType.getdata))
        const [peer] = server.peers
        const pongs = () => peer.received.filter(type => type === MessageType.pong).length
        await until(() => subject.counts().messagesReceived > 30)
        const { recordings, grown } = await subject.traced(async () => {
          // Several in one recv, and one in several.
          const pings = Array.from({ length: 20 }, (_, i) =>
            frameOf(MessageType.ping, encodePing(BigInt(i))),
          )
          peer.socket.write(Buffer.concat(pings))
          await until(() => pongs() === 20)
          const frame = frameOf(MessageType.ping, encodePing(99n))
          const received = subject.counts().bytesReceived
          peer.socket.write(frame.subarray(0, 10))
          await until(() => subject.counts().bytesReceived === received + 10)
          peer.socket.write(frame.subarray(10))
          await until(() => pongs() === 21)
        })
        assertAgreesWithCounters(recordings, grown)
        const of = (kind: TraceKind) => eventsIn(recordings, kind)
        assert.equal(sumOfA(of('received_bytes')), grown('bytesReceived'))
        const numbers = of('complete_message').map(({ a }) => a)
        assert.equal(numbers.length, 21)
        assert.deepEqual(
          numbers,
          numbers.map((_, i) => numbers[0] + i),
        )
        assert.deepEqual(
          of('inbound_message').map(({ a }) => a),
          numbers,
        )
        assert.deepEqual(
          of('handled_message').map(({ a }) => a),
          numbers,
        )
        assert.equal(of('published_messages').at(-1)?.a, numbers[0] + 21)
        assert.ok(of('complete_message').every(({ b, c }) => b === MessageType.ping && c === 32))
        assert.ok(of('outbound_message').every(({ a, b }) => a === MessageType.pong && b === 32))
        const [socketThread] = new Set(of('sent_bytes').map(({ thread }) => thread))
        assert.equal(socketThread, sendMode === 'queued' ? 'b-net' : 'b-msghand')
      },
    )
  }

  test(
    `${backend}: every HTTP request passes every tracepoint once, also a pipelined one`,
    bounded,
    async t => {
      const { path: chainFile } = testChainFile()
      const subject = new TracedTestSubject(t, backend, {
        ...loop,
        protocol: 'http',
        listen: anyPort,
        workers: 2,
        chainFile,
        idleTimeoutMs: 30_000,
      })
      const client = await HttpClient.connectTo(await subject.listening())
      t.after(() => client.socket.destroy())
      const request = 'GET /rest/chaininfo.json HTTP/1.1\r\nHost: a\r\n\r\n'
      client.send(request)
      await until(() => client.replies.length === 1)
      const { recordings, grown } = await subject.traced(async () => {
        client.send(request.repeat(3))
        await until(() => client.replies.length === 4)
      })
      assertAgreesWithCounters(recordings, grown)
      const of = (kind: TraceKind) => eventsIn(recordings, kind)
      assert.equal(sumOfA(of('received_bytes')), grown('bytesReceived'))
      for (const kind of [
        'complete_message',
        'published_messages',
        'inbound_message',
        'handled_message',
        'outbound_message',
      ] as const) {
        assert.equal(of(kind).length, 3, kind)
      }
      assert.deepEqual(
        of('complete_message').map(({ d }) => d),
        [2, 1, 0].map(behind => behind * request.length),
      )
      assert.ok(of('outbound_message').every(({ a }) => a === 200))
    },
  )

  test(`${backend}: every push passes every tracepoint once per subscriber`, bounded, async t => {
    const subject = new TracedTestSubject(t, backend, {
      ...loop,
      protocol: 'push',
      listen: anyPort,
      message: 'probe',
      meanIntervalUs: 200,
      seed: 9,
    })
    const address = await subject.listening()
    const subscribers = [
      await TestSubscriber.connectTo(address, 'probe'),
      await TestSubscriber.connectTo(address, 'probe'),
    ]
    t.after(() => subscribers.map(({ socket }) => socket.destroy()))
    const received = (messages: number) =>
      until(() => subscribers.every(one => one.received.length >= messages))
    subscribers[1].request(5)
    await received(5)
    const { recordings, grown } = await subject.traced(async () => {
      subscribers[1].request(50)
      await received(55)
    })
    assertAgreesWithCounters(recordings, grown)
    const intended = eventsIn(recordings, 'intended_message')
    for (const [i, { received: stamps }] of subscribers.entries()) {
      const own = intended.filter(({ connection }) => connection === i)
      assert.deepEqual(
        own.map(({ a, b }) => ({ sequence: a, intendedNs: b })),
        stamps.slice(5).map(({ sequence, intendedNs }) => ({ sequence, intendedNs })),
      )
      const sent = eventsIn(recordings, 'sent_bytes').filter(({ connection }) => connection === i)
      assert.equal(sumOfA(sent), 50 * 32)
    }
  })

  test(
    `${backend}: every request of a wallet and every reply pass every tracepoint once`,
    bounded,
    async t => {
      const payee = await TestPayee.start(500, (socket, request) =>
        socket.write(payjoinReply(300, request, 'keep-alive')),
      )
      t.after(() => payee.close())
      const subject = new TracedTestSubject(t, backend, {
        ...loop,
        protocol: 'outbound-http',
        target: payee.address,
        requestBodyBytes: 500,
        maxReplyBytes: 4_000,
        timeoutMs: 30_000,
        keepAlive: true,
      })
      await until(() => payee.reports.length > 5)
      await subject.start(1 << 18)
      const before = payee.reports.length
      await until(() => payee.reports.length > before + 50)
      const recordings = await subject.tracing.stop()
      // The wallet goes on for ever: at both ends one request may be under way.
      const of = (kind: TraceKind) => eventsIn(recordings, kind).length
      const requests = of('outbound_message')
      assert.ok(requests >= 50)
      for (const kind of [
        'complete_message',
        'published_messages',
        'inbound_message',
        'handled_message',
        'sent_bytes',
      ] as const) {
        assert.ok(Math.abs(of(kind) - requests) <= 1, `${kind}: ${of(kind)} of ${requests}`)
      }
    },
  )

  test(
    `${backend}: without a subscriber nothing is recorded, nor after the last has gone`,
    bounded,
    async t => {
      const server = await TcpPeerServer.start(chain)
      t.after(() => server.close())
      const subject = new TracedTestSubject(t, backend, {
        ...loop,
        protocol: 'p2p',
        verify: 'none',
        refillBlocks: 1,
        listen: undefined,
        connect: [server.address],
      })
      await until(() => server.peers[0]?.handshakeDone)
      await subject.start(1 << 12)
      await assert.rejects(subject.start(1 << 12), /the threads record already/)
      const recordings = await subject.tracing.stop()
      assert.deepEqual(recordings.map(({ thread }) => thread).sort(), ['b-msghand', 'b-net'])
      assert.deepEqual(await subject.tracing.stop(), [])
      const written = () => subject.rings.map(ring => ring.read().words.length)
      const before = written()
      const [peer] = server.peers
      for (const nonce of [1n, 2n, 3n]) peer.ping(nonce)
      await until(() => peer.received.filter(type => type === MessageType.pong).length === 3)
      assert.deepEqual(written(), before)
    },
  )
}
