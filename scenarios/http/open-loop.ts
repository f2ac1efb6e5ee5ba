import { setImmediate as nextTurn } from 'node:timers/promises'
import { describeErrno, EINTR, isTransient } from '../../implementations/sock/errno.ts'
import type { PosixNetwork, PosixSock } from '../../implementations/sock/posix-sock.ts'
import { type Events, RECV } from '../../implementations/sock/sock.ts'
import { monotonicNs } from '../../implementations/threads/monotonic-clock.ts'
import type { ExpectedReply } from './expected-reply.ts'
import { ReplyReader } from './reply-reader.ts'

export interface OpenLoopLoad {
  /** The bytes of each request. */
  request: Buffer
  expected: ExpectedReply
  /** When each request should start, in ns after the start of the load, ascending. */
  intendedNs: Float64Array
  /** After this long the load has failed, whatever is still to be sent or answered. */
  deadlineMs: number
  /** Aborted, it ends the load as failed, for the signal's reason. */
  signal?: AbortSignal
  /** From the intended moment of a request to the last byte of its reply. */
  recordLatency: (ns: number) => void
  /**
   * From the intended moment of a request to its send: by how much the load is not what it claims to
   * be, whether the generator was slow, or every connection waited for the server. It is in the
   * latency, too.
   */
  recordLag: (ns: number) => void
}

export type OpenLoopOutcome =
  | {
      state: 'completed'
      requests: number
      /** Received, heads included. */
      bytes: number
      /** From the start of the load to its last reply. */
      wallNs: number
    }
  | { state: 'failed'; reason: string }

/**
 * Sends requests at their intended moments over keep-alive connections, one in flight on each, and
 * times them from these moments. A request that finds every connection busy waits its turn, first
 * come first served, and its clock runs. Every request is sent and timed once: nothing is skipped
 * and no sample is made up.
 *
 * It needs a core of its own: in the last 1 to 2 ms before a send (poll(2) counts in ms), and
 * while a reply is outstanding (waking a sleeping thread would cost the subject time), it spins.
 * Node's event loop gets its turn every 50 ms.
 * @param socks connected and idle; the caller's to close, and of no other use after a failure
 */
export async function openLoop(
  network: PosixNetwork,
  socks: readonly PosixSock[],
  load: OpenLoopLoad,
): Promise<OpenLoopOutcome> {
  const loop = new OpenLoop(network, socks, load)
  for (;;) {
    const outcome = loop.turn()
    if (outcome) return outcome
    await nextTurn()
    if (load.signal?.aborted) return { state: 'failed', reason: String(load.signal.reason) }
  }
}

/** Longest time without a turn for the event loop. */
const TURN_NS = 50e6
/** What poll may sleep too long, and more: the loop wakes this long before it must send. */
const SPIN_NS = 1e6
/** Core's size of one recv. */
const RECEIVE_BYTES = 0x10000

class OpenLoop {
  readonly #network: PosixNetwork
  readonly #load: OpenLoopLoad
  /** The wait set. Idle connections are in it, so that their end is noticed. */
  readonly #connections = new Map<PosixSock, Connection>()
  /** Connections without a request, the one that is idle for longest first. */
  readonly #idle: Connection[] = []
  readonly #buffer = Buffer.alloc(RECEIVE_BYTES)
  readonly #startNs = monotonicNs()
  #sent = 0
  #answered = 0
  #bytes = 0
  #failure: string | undefined

  constructor(network: PosixNetwork, socks: readonly PosixSock[], load: OpenLoopLoad) {
    this.#network = network
    this.#load = load
    for (const sock of socks) {
      const connection = new Connection(sock, load.expected)
      this.#connections.set(sock, connection)
      this.#idle.push(connection)
    }
  }

  /** @returns the outcome, once there is one */
  turn(): OpenLoopOutcome | undefined {
    const { intendedNs, deadlineMs } = this.#load
    const deadlineNs = this.#startNs + deadlineMs * 1e6
    let nowNs = monotonicNs()
    const endsNs = nowNs + TURN_NS
    while (nowNs < endsNs) {
      this.#sendDue(nowNs)
      this.#receive(this.#timeoutMs(nowNs, endsNs))
      nowNs = monotonicNs()
      if (this.#failure !== undefined) return { state: 'failed', reason: this.#failure }
      if (this.#answered === intendedNs.length) return this.#completed(nowNs)
      if (nowNs >= deadlineNs) return { state: 'failed', reason: this.#describeDeadline() }
    }
    return undefined
  }

  #sendDue(nowNs: number): void {
    while (this.#idle.length > 0 && this.#nextIntendedNs() <= nowNs) {
      const intendedNs = this.#nextIntendedNs()
      const connection = this.#idle[0]
      const sentNs = monotonicNs()
      const result = connection.sock.send(this.#load.request, false)
      if (result !== this.#load.request.length) {
        this.#failure = `request ${this.#sent + 1} was not sent: ${describeSend(result)}`
        return
      }
      this.#load.recordLag(sentNs - intendedNs)
      connection.intendedNs = intendedNs
      this.#idle.shift()
      ++this.#sent
    }
  }

  /** When the next request should start, on the clock; never, once all are sent. */
  #nextIntendedNs(): number {
    const { intendedNs } = this.#load
    return this.#sent < intendedNs.length ? this.#startNs + intendedNs[this.#sent] : Infinity
  }

  #timeoutMs(nowNs: number, endsNs: number): number {
    if (this.#sent > this.#answered) return 0
    const wakeNs = Math.min(endsNs, this.#nextIntendedNs())
    return Math.max(0, Math.floor((wakeNs - nowNs - SPIN_NS) / 1e6))
  }

  #receive(timeoutMs: number): void {
    if (this.#failure !== undefined) return
    const ready = this.#network.waitMany(timeoutMs, this.#connections)
    if (ready < 0 && ready !== -EINTR) this.#failure = `poll: ${describeErrno(-ready)}`
    if (ready <= 0) return
    for (const connection of this.#connections.values()) {
      if (connection.occurred === 0) continue
      this.#failure = this.#receiveFrom(connection)
      if (this.#failure !== undefined) return
    }
  }

  /** @returns what is wrong, if anything */
  #receiveFrom(connection: Connection): string | undefined {
    const { sock, reader, intendedNs } = connection
    const received = sock.recv(this.#buffer)
    if (received < 0 && isTransient(-received)) return undefined
    if (received <= 0) {
      const cause = received === 0 ? 'closed by the server' : describeErrno(-received)
      if (intendedNs === undefined) return `an idle connection was ${cause}`
      return `reply ${this.#answered + 1}: connection ${cause}; ${reader.progress}`
    }
    this.#bytes += received
    if (intendedNs === undefined) return `${received} bytes came that nobody asked for`
    const progress = reader.read(this.#buffer.subarray(0, received))
    if (progress.state === 'wrong') return `reply ${this.#answered + 1}: ${progress.reason}`
    if (progress.state === 'complete') this.#answer(connection, intendedNs)
    return undefined
  }

  #answer(connection: Connection, intendedNs: number): void {
    this.#load.recordLatency(monotonicNs() - intendedNs)
    connection.intendedNs = undefined
    this.#idle.push(connection)
    ++this.#answered
  }

  #completed(nowNs: number): OpenLoopOutcome {
    const requests = this.#answered
    return { state: 'completed', requests, bytes: this.#bytes, wallNs: nowNs - this.#startNs }
  }

  #describeDeadline(): string {
    const { intendedNs, deadlineMs } = this.#load
    return `${this.#answered} of ${intendedNs.length} requests answered within ${deadlineMs} ms, ${this.#sent} sent`
  }
}

/** One connection, and its entry in the wait set. */
class Connection implements Events {
  readonly sock: PosixSock
  readonly reader: ReplyReader
  /** The intended moment of the request in flight. */
  intendedNs: number | undefined
  readonly requested = RECV
  occurred = 0

  constructor(sock: PosixSock, expected: ExpectedReply) {
    this.sock = sock
    this.reader = new ReplyReader(expected)
  }
}

function describeSend(result: number): string {
  return result < 0 ? describeErrno(-result) : `the socket took ${result} bytes of it`
}
