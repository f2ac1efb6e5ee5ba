import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { SV2_HEADER_SIZE, writeFrame } from '../../implementations/protocol/sv2/frame.ts'
import {
  type PushKind,
  PushMessage,
} from '../../implementations/protocol/sv2/messages/push-message.ts'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts, syscallIndex } from '../../implementations/sock/syscalls.ts'
import { type PushOutcome, Subscribers } from './subscribers.ts'

/** How long a test waits for something that must come. */
const DEADLINE_MS = 10_000
/** What the clock of every test says when it is read for the first time. */
const CLOCK_START_NS = 1_000_000

test('messages are recorded from the intended moment to their arrival, and the lag of the push', async t => {
  for (const kind of ['probe', 'new-template'] as const) {
    const lab = await connected(t, { connections: 2, kind })
    const outcome = lab.receive(2)
    lab.push(0, stamped(kind, 0, 999_000, 999_400))
    lab.push(1, stamped(kind, 0, 998_000, 998_001))
    lab.push(0, stamped(kind, 1, 999_500, 999_500))
    lab.push(1, stamped(kind, 1, 100, 999_999))
    assert.deepEqual(await outcome, { state: 'completed' })
    // Of a push to two connections the lag is that of the first.
    assert.deepEqual(lab.lags, [400, 0])
    // The fake clock advances by 1,000,000 per reading: only remainders are the messages' own.
    assert.deepEqual(
      lab.latencies.map(ns => ns % 1_000_000).sort(ascending),
      [500, 1000, 2000, 999_900],
    )
  }
})

test('a recv is one arrival: all it brings has the same moment', async t => {
  const lab = await connected(t, { connections: 1 })
  const outcome = lab.receive(3)
  lab.push(0, Buffer.concat([0, 1, 2].map(sequence => stamped('probe', sequence, 10, 10))))
  await outcome
  assert.deepEqual(lab.latencies, Array(3).fill(CLOCK_START_NS - 10))
  assert.equal(lab.syscalls('recv'), 1)
})

test('a message is put together from any pieces; its arrival is that of the last one', async t => {
  const lab = await connected(t, { connections: 1 })
  const frames = Buffer.concat([stamped('probe', 0, 10, 10), stamped('probe', 1, 10, 10)])
  const outcome = lab.receive(2)
  for (const [index, piece] of [
    frames.subarray(0, 3),
    frames.subarray(3, 40),
    frames.subarray(40),
  ].entries()) {
    lab.push(0, piece)
    await lab.readings(index + 1)
  }
  assert.equal((await outcome).state, 'completed')
  assert.deepEqual(lab.latencies, [2_000_000 - 10, 3_000_000 - 10])
})

test('all ready connections are received from before any message is looked at', async t => {
  const lab = await connected(t, { connections: 3 })
  const order: string[] = []
  lab.onReading = () => order.push('recv')
  lab.onRecord = () => order.push('record')
  const outcome = lab.receive(1)
  for (const i of [0, 1, 2]) lab.push(i, stamped('probe', 0, 1, 1))
  await outcome
  // As many as were ready in a turn: with all three sent before the first turn, three.
  assert.deepEqual(order, ['recv', 'recv', 'recv', 'record', 'record', 'record'])
})

test('what came while nobody waited, or beyond what was asked for, fails', async t => {
  const early = await connected(t, { connections: 1 })
  early.push(0, stamped('probe', 0, 10, 10))
  await early.delivered()
  assert.deepEqual(await early.receive(1), {
    state: 'failed',
    reason: 'connection 0: message 0 came: only 0 were asked for',
  })
  const more = await connected(t, { connections: 1 })
  const outcome = more.receive(2)
  more.push(0, Buffer.concat([0, 1, 2].map(sequence => stamped('probe', sequence, 10, 10))))
  assert.deepEqual(await outcome, {
    state: 'failed',
    reason: 'connection 0: message 2 came: only 2 were asked for',
  })
})

test('the last connection asks for as many as are awaited', async t => {
  const lab = await connected(t, { connections: 3 })
  for (const sequences of [
    [0, 1],
    [2, 3, 4],
  ]) {
    const outcome = lab.receive(sequences.length)
    await until(() => lab.requests.length > 0)
    assert.deepEqual(lab.requests.splice(0), [{ connection: 2, messages: sequences.length }])
    for (const i of [0, 1, 2]) {
      for (const sequence of sequences) lab.push(i, stamped('probe', sequence, 10, 10))
    }
    assert.deepEqual(await outcome, { state: 'completed' })
  }
})

test('each wait has recorders of its own', async t => {
  const lab = await connected(t, { connections: 1 })
  const first = lab.receive(1)
  lab.push(0, stamped('probe', 0, 10, 11))
  await first
  const later = { latencies: [], lags: [] }
  const second = lab.receive(1, DEADLINE_MS, later)
  lab.push(0, stamped('probe', 1, 20, 22))
  await second
  assert.deepEqual([lab.lags, later.lags], [[1], [2]])
  assert.deepEqual([lab.latencies.length, later.latencies.length], [1, 1])
})

test('every connection must bring its messages', async t => {
  const lab = await connected(t, { connections: 3 })
  const outcome = lab.receive(2, 100)
  lab.push(0, Buffer.concat([stamped('probe', 0, 1, 1), stamped('probe', 1, 1, 1)]))
  lab.push(1, stamped('probe', 0, 1, 1))
  assert.deepEqual(await outcome, {
    state: 'failed',
    reason: 'not all messages came within 100 ms: 2 of 3 connections lack some, one has 0 of 2',
  })
})

test('the event loop runs while messages are awaited', async t => {
  const lab = await connected(t, { connections: 1 })
  const outcome = lab.receive(1)
  setTimeout(() => lab.push(0, stamped('probe', 0, 1, 1)), 1)
  assert.equal((await outcome).state, 'completed')
})

test('a gap, a duplicate and a message out of order fail, and nothing of them is recorded', async t => {
  const cases: [number[], string][] = [
    [[1], 'connection 0: message 1 came too early: 0 was next'],
    [[0, 2], 'connection 0: message 2 came too early: 1 was next'],
    [[0, 0], 'connection 0: message 0 came again: 1 was next'],
    [[0, 1, 2, 1], 'connection 0: message 1 came again: 3 was next'],
  ]
  for (const [sequences, reason] of cases) {
    const lab = await connected(t, { connections: 1 })
    const outcome = lab.receive(sequences.length)
    lab.push(0, Buffer.concat(sequences.map(sequence => stamped('probe', sequence, 1, 1))))
    assert.deepEqual(await outcome, { state: 'failed', reason })
    assert.equal(lab.latencies.length, sequences.length - 1)
  }
})

test('other contents, another type, extension or length fail', async t => {
  const changes: [(frame: Buffer) => Uint8Array, string][] = [
    [frame => changed(frame, 31), 'connection 0: message 0 is not what was to be pushed'],
    [frame => changed(frame, 2), 'connection 0: message 0 is not what was to be pushed'],
    [frame => changed(frame, 0), 'connection 0: message 0 is not what was to be pushed'],
    [
      () => framed(0xf0, new Uint8Array(25)),
      'connection 0: message 0 is not what was to be pushed',
    ],
    [() => framed(0xf0, new Uint8Array(27)), 'connection 0: a message of more than 26 bytes'],
    [() => stamped('new-template', 0, 1, 1), 'connection 0: a message of more than 26 bytes'],
  ]
  for (const [change, reason] of changes) {
    const lab = await connected(t, { connections: 1 })
    const outcome = lab.receive(1)
    lab.push(0, change(stamped('probe', 0, 1, 1)))
    assert.deepEqual(await outcome, { state: 'failed', reason })
  }
})

test('stamps that no single clock can have given fail', async t => {
  for (const [intendedNs, pushedNs] of [
    [11, 10],
    [10, CLOCK_START_NS + 1],
  ]) {
    const lab = await connected(t, { connections: 1 })
    const outcome = lab.receive(1)
    lab.push(0, stamped('probe', 0, intendedNs, pushedNs))
    assert.deepEqual(await outcome, {
      state: 'failed',
      reason:
        `connection 0: message 0 was intended at ${intendedNs} ns, pushed at ${pushedNs} ns ` +
        `and arrived at ${CLOCK_START_NS} ns: the clocks differ`,
    })
  }
})

test('a subject that closes or resets a connection fails at once, for good, and all are closed', async t => {
  for (const [end, reason] of [
    [(peer: Socket) => peer.end(), 'connection 1: closed by the subject'],
    [(peer: Socket) => peer.resetAndDestroy(), 'connection 1: ECONNRESET'],
  ] as const) {
    const lab = await connected(t, { connections: 2 })
    const outcome = lab.receive(1)
    const closed = once(lab.peers[0], 'close')
    end(lab.peers[1])
    assert.deepEqual(await outcome, { state: 'failed', reason })
    await closed
    lab.subscribers.close()
    assert.deepEqual(await lab.receive(1), {
      state: 'failed',
      reason,
    })
  }
})

test('two waits at a time are a bug', async t => {
  const lab = await connected(t, { connections: 1 })
  const outcome = lab.receive(1)
  assert.throws(() => lab.receive(1), /one wait at a time/)
  lab.push(0, stamped('probe', 0, 1, 1))
  assert.equal((await outcome).state, 'completed')
})

test('close ends a wait as failed', async t => {
  const lab = await connected(t, { connections: 1 })
  const outcome = lab.receive(1)
  lab.subscribers.close()
  assert.deepEqual(await outcome, { state: 'failed', reason: 'closed by the driver' })
})

test('nobody listens: the connection that failed is named', async () => {
  const server = createServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  const subscribers = Subscribers.connect(new PosixNetwork(createSyscallCounts()), {
    port,
    connections: 2,
    kind: 'probe',
    socketBufferBytes: 1 << 16,
  })
  assert.deepEqual(subscribers, {
    state: 'failed',
    reason: `connection 0 to 127.0.0.1:${port}: ECONNREFUSED`,
  })
})

/** What a wait has recorded, in ns. */
interface Figures {
  latencies: number[]
  lags: number[]
}

interface Request {
  connection: number
  messages: number
}

interface SubjectEnds {
  peers: Socket[]
  requests: Request[]
}

class Lab {
  readonly subscribers: Subscribers
  readonly latencies: number[] = []
  readonly lags: number[] = []
  /** The subject's ends, in the order of the subscribers. */
  readonly peers: Socket[]
  readonly requests: Request[]
  onReading: () => void = () => {}
  onRecord: () => void = () => {}
  readonly #syscallCounts = createSyscallCounts()
  #readings = 0

  constructor(port: number, server: SubjectEnds, connections: number, kind: PushKind) {
    this.peers = server.peers
    this.requests = server.requests
    const subscribers = Subscribers.connect(new PosixNetwork(this.#syscallCounts), {
      port,
      connections,
      kind,
      socketBufferBytes: 1 << 16,
      nowNs: () => {
        this.onReading()
        return ++this.#readings * CLOCK_START_NS
      },
    })
    assert.ok(subscribers instanceof Subscribers)
    this.subscribers = subscribers
    this.#syscallCounts.fill(0)
  }

  receive(
    count: number,
    timeoutMs = DEADLINE_MS,
    { latencies, lags }: Figures = this,
  ): Promise<PushOutcome> {
    const latency = (ns: number) => {
      latencies.push(ns)
      this.onRecord()
    }
    const lag = (ns: number) => lags.push(ns)
    return this.subscribers.receive(
      count,
      { latency: { record: latency }, lag: { record: lag } },
      timeoutMs,
    )
  }

  push(connection: number, bytes: Uint8Array): void {
    this.peers[connection].write(bytes)
  }

  /** Until the clock was read so often. */
  async readings(count: number): Promise<void> {
    await until(() => this.#readings >= count)
  }

  syscalls(name: 'recv'): number {
    return this.#syscallCounts[syscallIndex[name]]
  }

  /** Until everything pushed is in the kernel. */
  async delivered(): Promise<void> {
    await until(() => this.peers.every(peer => peer.writableLength === 0))
  }
}

async function connected(
  t: TestContext,
  { connections, kind = 'probe' }: { connections: number; kind?: PushKind },
): Promise<Lab> {
  const peers: Socket[] = []
  const requests: Request[] = []
  const server = createServer({ noDelay: true }, peer => {
    peer.on('error', () => {})
    const connection = peers.push(peer) - 1
    peer.on('data', data => requests.push({ connection, messages: data.readUInt32LE() }))
  })
  const lab = new Lab(await listen(server), { peers, requests }, connections, kind)
  t.after(() => {
    lab.subscribers.close()
    for (const peer of peers) peer.destroy()
    server.close()
  })
  await until(() => peers.length === connections)
  return lab
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function until(isTrue: () => boolean): Promise<void> {
  const endsMs = performance.now() + DEADLINE_MS
  while (!isTrue()) {
    if (performance.now() > endsMs) throw new Error('what the test waits for did not come')
    await new Promise(resolve => setImmediate(resolve))
  }
}

function stamped(kind: PushKind, sequence: number, intendedNs: number, pushedNs: number): Buffer {
  const message = new PushMessage(kind)
  message.stamp(sequence, intendedNs, pushedNs)
  return framed(message.messageType, message.payload)
}

function framed(messageType: number, payload: Uint8Array): Buffer {
  const frame = Buffer.alloc(SV2_HEADER_SIZE + payload.length)
  writeFrame(frame, 0, 0x0000, messageType, payload)
  return frame
}

function changed(frame: Buffer, at: number): Buffer {
  frame[at] ^= 1
  return frame
}

function ascending(a: number, b: number): number {
  return a - b
}
