import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { until } from './node/fixtures/tcp-peer.ts'
import {
  type Answer,
  payjoinReply,
  replyBody,
  TestPayee,
} from './node/outbound-http/fixtures/test-payee.ts'
import type { OutboundHttpOptions } from './node/service-options.ts'
import { type RequestReport, replyDigest } from './protocol/payjoin/request-body.ts'
import { backends } from './registry.ts'
import { sendModes } from './send-mode.ts'
import { Subject } from './subject.ts'

/** What every backend that makes HTTP requests must do, whatever its structure. */
const requesters = backends.filter(({ protocols }) => protocols['outbound-http'])
const bounded = { timeout: 60_000 }
const BODY_BYTES = 500

class WalletSubject {
  private readonly subject: Subject

  constructor(
    t: TestContext,
    backend: string,
    options: Partial<OutboundHttpOptions> & Pick<OutboundHttpOptions, 'target'>,
  ) {
    const resolved: OutboundHttpOptions = {
      protocol: 'outbound-http',
      sendMode: 'wakeup',
      socketBufferBytes: 1 << 16,
      requestBodyBytes: BODY_BYTES,
      maxReplyBytes: 4_000,
      timeoutMs: 30_000,
      keepAlive: false,
      ...options,
    }
    this.subject = new Subject(backend, [resolved], 'each', {
      onEvent: () => {},
      onCrash: error => {
        throw error
      },
    })
    t.after(() => this.stop())
  }

  /** A counter, summed over the threads. */
  count(name: string): number {
    return this.subject.counts()[name]
  }

  async stop(): Promise<void> {
    await this.subject.stop()
  }
}

async function startPayee(t: TestContext, answer: Answer, bodyBytes = BODY_BYTES) {
  const payee = await TestPayee.start(bodyBytes, answer)
  t.after(() => payee.close())
  return payee
}

/** A wallet, and the payee that it makes its requests to. */
async function walletAndPayee(
  t: TestContext,
  backend: string,
  answer: Answer,
  options: Partial<OutboundHttpOptions> = {},
): Promise<{ wallet: WalletSubject; payee: TestPayee }> {
  const payee = await startPayee(t, answer, options.requestBodyBytes)
  return { wallet: new WalletSubject(t, backend, { target: payee.address, ...options }), payee }
}

/** Until the wallet has told of so many requests. */
async function reported(payee: TestPayee, requests: number): Promise<RequestReport[]> {
  await until(() => payee.reports.length >= requests)
  return payee.reports.slice(0, requests)
}

const replyWith =
  (bytes: number): Answer =>
  (socket, request) =>
    socket.end(payjoinReply(bytes, request))

for (const { name, hasSendModes } of requesters) {
  for (const sendMode of hasSendModes ? sendModes : (['optimistic'] as const)) {
    for (const keepAlive of [false, true]) {
      const connections = keepAlive ? 'one connection' : 'a connection for each'
      test(
        `${name}, ${sendMode}, ${connections}: requests are made one after the other`,
        bounded,
        async t => {
          const answer: Answer = (socket, request) => {
            if (request === 20) return
            const reply = payjoinReply(300 + request, request, keepAlive ? 'keep-alive' : 'close')
            if (keepAlive) socket.write(reply)
            else socket.end(reply)
          }
          const { wallet, payee } = await walletAndPayee(t, name, answer, { sendMode, keepAlive })
          const reports = await reported(payee, 20)
          await until(() => payee.received.length === 21)
          await wallet.stop()
          await until(() => payee.sockets.size === 0)
          assert.equal(payee.malformed, 0)
          assert.equal(wallet.count('messagesSent'), 21)
          assert.equal(wallet.count('messagesReceived'), 20)
          assert.equal(wallet.count('bytesSent'), payee.bytesReceived)
          assert.equal(wallet.count('bytesReceived'), payee.bytesSent)
          for (const [i, { latencyNs, ...report }] of reports.entries()) {
            const digest = replyDigest(replyBody(300 + i, i))
            assert.deepEqual(report, { ending: 'reply', status: 200, replyBytes: 300 + i, digest })
            assert.ok(latencyNs > 0)
          }
          for (const [i, request] of payee.received.entries()) {
            const connection = keepAlive ? 0 : i
            assert.deepEqual(
              { ...request, previous: undefined },
              {
                connection,
                method: 'POST',
                target: '/payjoin',
                keepAlive,
                sequence: i,
                previous: undefined,
              },
            )
          }
        },
      )
    }
  }
}

const HALF_REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'

/** What happens to the first request, and how the wallet reports it; the second is answered. */
const faults: readonly {
  what: string
  answer: (socket: Socket) => void
  ending: RequestReport['ending']
  /** What it may look like to a backend that sees the socket through libuv. */
  throughLibuv?: RequestReport['ending']
  options?: Partial<OutboundHttpOptions>
}[] = [
  {
    what: 'a server that resets',
    answer: socket => socket.resetAndDestroy(),
    ending: 'reset',
  },
  {
    what: 'a server that resets in the middle of its reply',
    answer: socket => socket.write(HALF_REPLY, () => socket.resetAndDestroy()),
    ending: 'reset',
    throughLibuv: 'closed-early',
  },
  {
    what: 'a server that closes without a reply',
    answer: socket => socket.end(),
    ending: 'closed-early',
  },
  {
    what: 'a server that closes in the middle of its reply',
    answer: socket => socket.end(HALF_REPLY),
    ending: 'closed-early',
  },
  {
    what: 'a silent server',
    answer: () => {},
    ending: 'timeout',
    options: { timeoutMs: 300 },
  },
  {
    what: 'a server that never ends its reply',
    answer: socket => socket.write(HALF_REPLY),
    ending: 'timeout',
    options: { timeoutMs: 300 },
  },
  {
    what: 'a reply that is too large by its Content-Length',
    answer: socket => socket.write(payjoinReply(4_001, 0)),
    ending: 'too-large',
  },
  {
    what: 'a reply that is too large by its chunks',
    answer: socket => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (let i = 0; i < 5; i++) socket.write(`3e8\r\n${'x'.repeat(1000)}\r\n`)
    },
    ending: 'too-large',
  },
  {
    what: 'a reply that is too large by its head',
    answer: socket => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(9_000)}\r\n`),
    ending: 'too-large',
  },
  {
    what: 'a reply that is no HTTP',
    answer: socket => socket.write('220 smtp.example.com ESMTP\r\n'),
    ending: 'malformed',
  },
]

/** What else a server may do and still be understood. */
const oddReplies: readonly { what: string; pieces: readonly (string | Buffer)[]; bytes: number }[] =
  [
    {
      what: 'byte by byte',
      pieces: [...payjoinReply(40, 0)].map(byte => Buffer.from([byte])),
      bytes: 40,
    },
    {
      what: 'in chunks, with a trailer',
      pieces: [
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
        `28\r\n${replyBody(40, 0).toString()}\r\n`,
        '0\r\nTrailer: yes\r\n\r\n',
      ],
      bytes: 40,
    },
    {
      what: 'up to the end of the connection',
      pieces: ['HTTP/1.1 200 OK\r\n\r\n', replyBody(40, 0)],
      bytes: 40,
    },
    {
      what: 'after an interim one',
      pieces: ['HTTP/1.1 100 Continue\r\n\r\n', payjoinReply(40, 0)],
      bytes: 40,
    },
    { what: 'with the largest body that is taken', pieces: [payjoinReply(4_000, 0)], bytes: 4_000 },
    { what: 'without a body', pieces: [payjoinReply(0, 0)], bytes: 0 },
  ]

for (const { name, hasSendModes } of requesters) {
  for (const { what, answer, ending, throughLibuv, options } of faults) {
    test(`${name}: ${what}: ${ending}, and the next request works`, bounded, async t => {
      let failed: Socket | undefined
      const { payee } = await walletAndPayee(
        t,
        name,
        (socket, request) => {
          if (request > 0) return replyWith(100)(socket, request)
          failed = socket
          return answer(socket)
        },
        options,
      )
      const [first, second] = await reported(payee, 2)
      const expected = first.ending === throughLibuv && !hasSendModes ? throughLibuv : ending
      const nothing = { latencyNs: 0, status: 0, replyBytes: 0, digest: 0 }
      assert.deepEqual({ ...first, latencyNs: 0 }, { ending: expected, ...nothing })
      assert.deepEqual({ ...second, latencyNs: 0 }, replyReport(100, 1))
      assert.deepEqual(
        payee.received.slice(0, 3).map(({ connection, sequence }) => [connection, sequence]),
        [
          [0, 0],
          [1, 1],
          [2, 2],
        ],
      )
      await until(() => failed?.closed === true)
    })
  }

  for (const { what, pieces, bytes } of oddReplies) {
    test(`${name}: a reply ${what}`, bounded, async t => {
      const { payee } = await walletAndPayee(t, name, (socket, request) => {
        if (request === 0) void sendInPieces(socket, pieces)
        else replyWith(100)(socket, request)
      })
      const [first, second] = await reported(payee, 2)
      assert.deepEqual({ ...first, latencyNs: 0 }, replyReport(bytes, 0))
      assert.deepEqual({ ...second, latencyNs: 0 }, replyReport(100, 1))
    })
  }

  test(`${name}: a server that refuses, and one that listens there later`, bounded, async t => {
    const { wallet, payee } = await walletAndPayee(t, name, replyWith(100))
    await reported(payee, 1)
    let last = payee
    do {
      await last.close()
      await delay(20)
      last = await TestPayee.start(BODY_BYTES, replyWith(100), payee.address.port)
      await reported(last, 3)
    } while (last.endings[0] !== 'refused')
    await wallet.stop()
    assert.deepEqual(last.endings.slice(0, 3), ['refused', 'reply', 'reply'])
    await last.close()
  })

  test(`${name}: a server may close a connection that was kept`, bounded, async t => {
    const { payee } = await walletAndPayee(
      t,
      name,
      (socket, request) => {
        socket.end(payjoinReply(100, request, 'keep-alive'))
      },
      { keepAlive: true },
    )
    const replies = () => payee.reports.filter(({ ending }) => ending === 'reply').length
    await until(() => replies() >= 5)
    // Nobody knows of the end yet when the next request is made: that one may be lost.
    const known = ['reply', 'closed-early', 'reset']
    assert.deepEqual(
      payee.endings.filter(ending => !known.includes(ending)),
      [],
    )
  })

  test(`${name}: a server that keeps a connection open unasked`, bounded, async t => {
    const { payee } = await walletAndPayee(t, name, (socket, request) => {
      socket.write(payjoinReply(100, request, 'keep-alive'))
    })
    await reported(payee, 3)
    assert.deepEqual(
      payee.received.slice(0, 3).map(({ connection }) => connection),
      [0, 1, 2],
    )
    await until(() => payee.sockets.size <= 2)
  })

  // node:http does not see them.
  const skip = !hasSendModes
  test(`${name}: bytes after a reply end the connection`, { ...bounded, skip }, async t => {
    const { payee } = await walletAndPayee(
      t,
      name,
      (socket, request) => {
        const reply = payjoinReply(100, request, 'keep-alive')
        socket.write(Buffer.concat([reply, Buffer.from('HTTP/1.1 200 OK\r\n')]))
      },
      { keepAlive: true },
    )
    const reports = await reported(payee, 2)
    assert.deepEqual(
      reports.map(({ ending }) => ending),
      ['reply', 'reply'],
    )
    assert.deepEqual(
      payee.received.slice(0, 2).map(({ connection }) => connection),
      [0, 1],
    )
  })

  test(`${name}: a request larger than the socket's buffers`, bounded, async t => {
    const { payee } = await walletAndPayee(t, name, replyWith(100), {
      requestBodyBytes: 3_000_000,
      socketBufferBytes: 1 << 14,
      sendMode: 'optimistic',
    })
    const [first] = await reported(payee, 1)
    assert.deepEqual({ ...first, latencyNs: 0 }, replyReport(100, 0))
    assert.equal(payee.malformed, 0)
  })

  test(`${name}: a server that replies and does not read the request`, bounded, async t => {
    let connections = 0
    const server = createServer(socket => {
      connections++
      socket.on('error', () => {}) // a reset is a close too
      socket.once('data', () => {
        socket.pause()
        socket.write(payjoinReply(100, 0, 'keep-alive'))
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const { port } = server.address() as AddressInfo
    new WalletSubject(t, name, {
      target: { family: 4, host: '127.0.0.1', port },
      requestBodyBytes: 8_000_000,
      socketBufferBytes: 1 << 14,
      keepAlive: true,
    })
    await until(() => connections >= 3)
  })

  test(`${name}: 1,000 requests leave no descriptor open`, bounded, async t => {
    const payee = await startPayee(t, replyWith(100))
    const before = openDescriptors()
    const wallet = new WalletSubject(t, name, { target: payee.address })
    await reported(payee, 1_000)
    await wallet.stop()
    await until(() => payee.sockets.size === 0)
    assert.deepEqual(without(openDescriptors(), before), [])
  })

  test(`${name}: a wallet that stops while it waits closes its connection`, bounded, async t => {
    const payee = await startPayee(t, () => {})
    const before = openDescriptors()
    const wallet = new WalletSubject(t, name, { target: payee.address })
    await until(() => payee.received.length === 1)
    await wallet.stop()
    await until(() => payee.sockets.size === 0)
    assert.deepEqual(without(openDescriptors(), before), [])
  })

  test(`${name}: a wallet may stop at any moment`, bounded, async t => {
    const payee = await startPayee(t, replyWith(100))
    const before = openDescriptors()
    for (let startedRequests = 0; startedRequests < 8; startedRequests++) {
      const wallet = new WalletSubject(t, name, {
        target: payee.address,
        sendMode: 'optimistic',
        keepAlive: startedRequests % 2 === 0,
      })
      const from = payee.connections
      await until(() => payee.connections >= from + startedRequests)
      await wallet.stop()
    }
    await until(() => payee.sockets.size === 0)
    assert.deepEqual(without(openDescriptors(), before), [])
  })
}

/** Of the `request`th, answered by `replyWith(bytes)`. */
function replyReport(bytes: number, request: number): RequestReport {
  const digest = replyDigest(replyBody(bytes, request))
  return { ending: 'reply', latencyNs: 0, status: 200, replyBytes: bytes, digest }
}

/** Each piece in a segment of its own, then the end. */
async function sendInPieces(socket: Socket, pieces: readonly (string | Buffer)[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise(resolve => socket.write(piece, resolve))
    await delay(1)
  }
  socket.end()
}

/** Sockets, eventfds and the like; regular files come and go with modules. */
function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap(fd => readOrNothing(() => readlinkSync(`/proc/self/fd/${fd}`)))
    .filter(target => !target.startsWith('/'))
    .sort()
}

/** What is left of `items` when each of `others` has taken one like it away. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = [...items]
  for (const other of others) {
    const at = left.indexOf(other)
    if (at >= 0) left.splice(at, 1)
  }
  return left
}

/** Descriptors may vanish between being listed and being read. */
function readOrNothing(read: () => string): string[] {
  try {
    return [read()]
  } catch {
    return []
  }
}
