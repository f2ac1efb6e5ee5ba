import autocannon from 'autocannon'
import { describeErrno } from '../../implementations/sock/errno.ts'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import { monotonicNs } from '../../implementations/threads/monotonic-clock.ts'
import {
  type AutocannonClient,
  internalsOf,
  type RequestQueue,
  type TerminatedRequest,
} from './autocannon-client.ts'
import { connectionDefaults } from './connections.ts'
import { type ExpectedReply, ReplyComparison } from './expected-reply.ts'
import type { HttpRequest } from './http-request.ts'

export interface ClosedLoopLoad {
  /** Of 127.0.0.1. */
  port: number
  /** How many at a time; not more than `requests`. */
  connections: number
  connectionUse: ConnectionUse
  request: HttpRequest
  expected: ExpectedReply
  /** In all, over all connections. */
  requests: number
  /** After so long without a byte from the server the load has failed. */
  stallTimeoutMs: number
  /** Aborted, it ends the load as failed, for the signal's reason. */
  signal?: AbortSignal
  /**
   * From the write of a request to the last byte of its reply, in ns. With pipelining each request
   * is written when an earlier reply is complete, and its latency includes its wait behind those
   * still in flight. The first ones of a connection are written as soon as it is established, and the
   * first reply is not recorded: the server still had to accept. With a connection for each request
   * all are recorded, and begin just before connect(2).
   */
  recordLatency: (ns: number) => void
}

export type ConnectionUse =
  /** So many requests in flight on each connection. */
  | { kind: 'keep-alive'; pipelining: number }
  /** A new connection for each request, closed from this side. */
  | { kind: 'one-request-each' }

export type ClosedLoopOutcome =
  | {
      state: 'completed'
      requests: number
      /** Received, heads included. */
      bytes: number
      /** From the first connect to the last reply. */
      wallNs: number
    }
  | { state: 'failed'; reason: string }

/**
 * Asks for the same over and over, with autocannon in this process: on each connection the next
 * request follows a reply. Every reply is compared in full, and the first that is wrong or lost
 * ends the load, as does silence.
 * @throws RangeError if there are fewer requests than connections
 */
export async function closedLoop(load: ClosedLoopLoad): Promise<ClosedLoopOutcome> {
  const { connections, requests, stallTimeoutMs, signal } = load
  if (connections > requests) {
    throw new RangeError(
      `${requests} requests on ${connections} connections: give at least as many`,
    )
  }
  const run = new ClosedLoop(load)
  const abort = () => run.fail(String(signal?.reason))
  signal?.addEventListener('abort', abort)
  // When all clients are made, some 0.1 ms each, and the first is about to connect.
  process.nextTick(() => run.start())
  try {
    await autocannon({
      url: `http://127.0.0.1:${load.port}${load.request.path}`,
      method: load.request.method,
      body: load.request.body,
      connections,
      amount: requests,
      ...connectionOptions(load.connectionUse),
      // Its own would connect again and go on.
      timeout: stallTimeoutMs / 1000 + 60,
      sampleInt: END_CHECK_MS,
      skipAggregateResult: true,
      setupClient: client => run.add(internalsOf(client)),
    })
  } finally {
    signal?.removeEventListener('abort', abort)
    run.end()
  }
  return run.outcome()
}

/** How often autocannon looks whether all clients are done. */
const END_CHECK_MS = 5

function connectionOptions(use: ConnectionUse): { pipelining: number; reconnectRate?: number } {
  if (use.kind === 'keep-alive') return { pipelining: use.pipelining }
  return { pipelining: 1, reconnectRate: 1 }
}

class ClosedLoop {
  readonly #load: ClosedLoopLoad
  readonly #clients: AutocannonClient[] = []
  readonly #network = new PosixNetwork(createSyscallCounts())
  readonly #stallTimer: NodeJS.Timeout
  #startNs = 0
  #lastReplyNs = 0
  #replies = 0
  #bytes = 0
  #failure: string | undefined

  constructor(load: ClosedLoopLoad) {
    this.#load = load
    this.#stallTimer = setTimeout(() => this.#stall(), load.stallTimeoutMs)
  }

  start(): void {
    this.#startNs = monotonicNs()
  }

  /** Takes over what a client sends, receives and compares. It is not connected yet. */
  add(client: AutocannonClient): void {
    this.#clients.push(client)
    const queue = new MeasuredQueue(this, client, this.#load)
    client.pipelinedRequests = queue
    this.#limitToShare(client)
    this.#watchConnections(client, queue)
    this.#watchParser(client)
  }

  reply(nowNs: number): void {
    this.#lastReplyNs = nowNs
    ++this.#replies
  }

  receive(sizeBytes: number): void {
    this.#bytes += sizeBytes
    this.#stallTimer.refresh()
  }

  /** The first reason counts; the next reply is the one that is wrong. */
  failReply(reason: string): void {
    this.fail(`reply ${this.#replies + 1}: ${reason}`)
  }

  fail(reason: string): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    for (const client of this.#clients) client.destroy()
  }

  end(): void {
    clearTimeout(this.#stallTimer)
  }

  outcome(): ClosedLoopOutcome {
    if (this.#failure !== undefined) return { state: 'failed', reason: this.#failure }
    const { requests } = this.#load
    if (this.#replies !== requests) {
      const reason = `autocannon ended after ${this.#replies} of ${requests} replies`
      return { state: 'failed', reason }
    }
    const wallNs = this.#lastReplyNs - this.#startNs
    return { state: 'completed', requests, bytes: this.#bytes, wallNs }
  }

  #stall(): void {
    const { requests, stallTimeoutMs } = this.#load
    this.fail(
      `${this.#replies} of ${requests} requests answered, then nothing for ${stallTimeoutMs} ms`,
    )
  }

  #limitToShare(client: AutocannonClient): void {
    const send = client._doRequest
    let sent = 0
    client._doRequest = () => {
      if (sent === client.responseMax) return
      ++sent
      send.call(client)
    }
  }

  /**
   * The first requests are put in the queue while further clients are still being made, and wait for
   * the event loop to connect: node:net calls connect(2) in the next tick, and writes once connected.
   * Their clock starts before that.
   */
  #watchConnections(client: AutocannonClient, queue: MeasuredQueue): void {
    const restart = () => queue.restartClock()
    const keepsAlive = this.#load.connectionUse.kind === 'keep-alive'
    client.on('connError', error => this.failReply(`${error.message}; ${queue.progress}`))
    const connect = client._connect
    client._connect = () => {
      if (queue.isWaiting) {
        return this.failReply(`connection closed by the server; ${queue.progress}`)
      }
      if (!keepsAlive) process.nextTick(restart)
      connect.call(client)
      const { conn } = client
      if (keepsAlive) conn.prependOnceListener('connect', restart)
      // Without it a small request may wait for the acknowledgement of the one before.
      conn.setNoDelay(true)
      conn.once('connect', () => this.#fixReceiveBuffer(conn._handle?.fd ?? -1))
    }
  }

  /** As in every driver, the kernel must not tune it. Node has no way to set it. */
  #fixReceiveBuffer(fd: number): void {
    const sock = this.#network.attach(fd)
    const result = sock.setSockOpt('SO_RCVBUF', connectionDefaults.socketBufferBytes)
    if (result < 0) this.fail(`SO_RCVBUF of a connection: ${describeErrno(-result)}`)
  }

  /** Autocannon looks at no errors of its parser. */
  #watchParser({ parser }: AutocannonClient): void {
    const execute = parser.execute
    parser.execute = chunk => {
      const result = execute.call(parser, chunk)
      if (result instanceof Error) this.failReply(`it is not HTTP (${result.message})`)
      return result
    }
  }
}

/** Times the requests of one client, and compares what they get. */
class MeasuredQueue implements RequestQueue {
  readonly #loop: ClosedLoop
  readonly #client: AutocannonClient
  readonly #load: ClosedLoopLoad
  readonly #comparison: ReplyComparison
  /** When the requests in flight were written, oldest first. */
  readonly #writtenNs: number[] = []
  #statusCode = 0
  #replies = 0

  constructor(loop: ClosedLoop, client: AutocannonClient, load: ClosedLoopLoad) {
    this.#loop = loop
    this.#client = client
    this.#load = load
    this.#comparison = new ReplyComparison(load.expected)
  }

  get isWaiting(): boolean {
    return this.#writtenNs.length > 0
  }

  get progress(): string {
    return this.#comparison.progress
  }

  /** The requests in flight are only now on their way. */
  restartClock(): void {
    this.#writtenNs.fill(monotonicNs())
  }

  insertRequest(): void {
    this.#writtenNs.push(monotonicNs())
  }

  addByteCount(sizeBytes: number): void {
    this.#loop.receive(sizeBytes)
  }

  setHeaders({ statusCode }: { statusCode: number }): void {
    this.#statusCode = statusCode
    this.#judge(this.#comparison.compareStatus(statusCode))
  }

  addBody(piece: Buffer): void {
    this.#judge(this.#comparison.compareBody(piece))
  }

  terminateRequest(): TerminatedRequest {
    const nowNs = monotonicNs()
    const writtenNs = this.#writtenNs.shift()
    this.#judge(this.#comparison.compareEnd())
    if (writtenNs === undefined) {
      this.#judge('nobody asked for it')
      return { headers: { statusCode: this.#statusCode }, bytes: 0, duration: 0 }
    }
    const latencyNs = nowNs - writtenNs
    if (!this.#waitsForAccept) this.#load.recordLatency(latencyNs)
    this.#loop.reply(nowNs)
    if (++this.#replies === this.#client.responseMax) this.#client.destroy()
    return { headers: { statusCode: this.#statusCode }, bytes: 0, duration: latencyNs / 1e6 }
  }

  clear(): void {
    this.#writtenNs.length = 0
  }

  /** Whether the next reply is the first of a connection that is kept. */
  get #waitsForAccept(): boolean {
    return this.#replies === 0 && this.#load.connectionUse.kind === 'keep-alive'
  }

  #judge(wrong: string | undefined): void {
    if (wrong !== undefined) this.#loop.failReply(wrong)
  }
}
