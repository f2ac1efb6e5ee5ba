import {
  PAYJOIN_TARGET,
  RequestBody,
  type RequestReport,
} from '../../implementations/protocol/payjoin/request-body.ts'
import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import {
  ERR,
  type EventsPerSock,
  RECV,
  SEND,
  type Sock,
  type Waitable,
} from '../../implementations/sock/sock.ts'
import { monotonicNs } from '../../implementations/threads/monotonic-clock.ts'
import type { Failed, Ready, Served } from '../driver-process.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { type Arrival, PayeeConnection } from './payee-connection.ts'
import { PayjoinReply } from './payjoin-reply.ts'

/** What a payee must know of the wallets that make requests to it. */
export interface PayeePreparation {
  requestBytes: number
  replyBytes: number
  keepAlive: boolean
  socketBufferBytes: number
}

/** A wallet that does nothing new for so long while it is waited for has failed. */
const STALL_TIMEOUT_MS = 10_000

/**
 * The driver's side of one subject, a wallet that makes one request after the other. It has work as long
 * as it gets replies: a slice answers so many requests, and is over when the next one arrives, which
 * waits for its reply until the next slice.
 *
 *     idle <-> waiting      (for the first request; for those of a slice)
 *     either -> failed
 *
 * Each request reports the fate of the one before, so that the last one of a slice is known to have
 * got its reply when the slice is over. What waited from one slice to the next has no latency.
 */
export class Payee {
  readonly #listener: Sock & Waitable
  readonly #keepAlive: boolean
  readonly #stallTimeoutMs: number
  readonly #expected: RequestBody
  readonly #reply: PayjoinReply
  readonly #listening = { requested: RECV, occurred: 0 }
  readonly #connections = new Set<PayeeConnection>()
  #state: State = { state: 'idle' }
  /** Has a request that waits for its reply. */
  #held: PayeeConnection | undefined
  /** Of the last request that has arrived. */
  #sequence = -1
  /** Of the last one that had to wait for a slice. */
  #heldSequence = -1
  /** Of the last reply. */
  #digest = 0
  /** So many replies may still be given. */
  #toAnswer = 0
  #latencies: LatencyHistogram | undefined
  /** When the loop saw that a request had arrived; undefined until it looks. */
  #progressMs: number | undefined

  constructor(
    listener: Sock & Waitable,
    { requestBytes, replyBytes, keepAlive }: PayeePreparation,
    stallTimeoutMs = STALL_TIMEOUT_MS,
  ) {
    this.#listener = listener
    this.#keepAlive = keepAlive
    this.#stallTimeoutMs = stallTimeoutMs
    this.#expected = new RequestBody(requestBytes)
    this.#reply = new PayjoinReply(replyBytes, keepAlive)
  }

  get isWaiting(): boolean {
    return this.#state.state === 'waiting'
  }

  /** Waits for the wallet's first request. */
  awaitReady(): Promise<Ready> {
    return new Promise(resolve => {
      this.#wait(failure => resolve(failure ?? { state: 'ready' }))
      if (this.#held !== undefined) this.#complete()
    })
  }

  /** Answers the next `requests` requests. */
  async serveSlice(requests: number): Promise<Served> {
    const latencies = LatencyHistogram.empty()
    const cpuBefore = process.cpuUsage()
    const startNs = monotonicNs()
    const failure = await this.#answer(requests, latencies)
    const wallNs = monotonicNs() - startNs
    const { user, system } = process.cpuUsage(cpuBefore)
    const histogram = latencies.serialise()
    latencies.destroy()
    return (
      failure ?? {
        state: 'served',
        wallNs,
        messages: requests,
        bytes: requests * this.#reply.bytes.length,
        driverCpuNs: 1000 * (user + system),
        latency: { histogram, lag: null },
      }
    )
  }

  #answer(requests: number, latencies: LatencyHistogram): Promise<Failed | undefined> {
    return new Promise(resolve => {
      this.#latencies = latencies
      this.#wait(failure => {
        this.#latencies = undefined
        resolve(failure)
      })
      const held = this.#held
      if (this.#state.state !== 'waiting') return
      if (held === undefined) return this.#fail('no request waits for its reply')
      this.#held = undefined
      this.#heldSequence = this.#sequence
      this.#toAnswer = requests
      this.#replyTo(held)
    })
  }

  /** Closes everything, and ends what it is waited for as failed. */
  close(): void {
    this.#fail('released')
  }

  // ---- the loop, while something is waited for ----

  addTo(waitSet: EventsPerSock): void {
    waitSet.set(this.#listener, this.#listening)
    for (const connection of this.#connections) waitSet.set(connection.sock, connection)
  }

  /** Handles what has occurred. */
  turn(nowMs: number): void {
    for (const connection of this.#connections) {
      if (connection.occurred !== 0) this.#handle(connection)
    }
    if (this.#listening.occurred !== 0) this.#accept()
    this.#progressMs ??= nowMs
    if (nowMs - this.#progressMs >= this.#stallTimeoutMs) {
      const next = this.#sequence + 1
      this.#fail(`no progress for ${this.#stallTimeoutMs} ms: request ${next} has not arrived`)
    }
  }

  #handle(connection: PayeeConnection): void {
    const { occurred } = connection
    connection.occurred = 0
    if (occurred & SEND && connection.isSending) {
      const reason = connection.send()
      if (reason !== undefined) this.#fail(`reply ${this.#sequence}: ${reason}`)
      else this.#closeIfSent(connection)
    }
    if (occurred & (RECV | ERR) && this.#connections.has(connection)) {
      this.#take(connection, connection.receive())
    }
  }

  #take(connection: PayeeConnection, arrival: Arrival): void {
    if (arrival === 'nothing') return
    if (arrival === 'request') {
      this.#request(connection)
    } else if (arrival === 'ended') {
      this.#fail(`closed the connection of request ${this.#sequence + 1} by itself`)
    } else {
      this.#fail(arrival.reason)
    }
  }

  #request(connection: PayeeConnection): void {
    const { parser, body } = connection
    const { method, target, keepAlive } = parser
    const read = this.#expected.read(body)
    const isOne = method === 'POST' && target === PAYJOIN_TARGET && keepAlive === this.#keepAlive
    if (read === undefined || !isOne) return this.#fail('sent a request that is no payjoin')
    const { sequence, previous } = read
    if (sequence !== this.#sequence + 1) {
      return this.#fail(`sent request ${sequence} when ${this.#sequence + 1} was next`)
    }
    const wrong = this.#judge(previous)
    if (wrong !== undefined) return this.#fail(`request ${this.#sequence} ${wrong}`)
    this.#progressMs = undefined
    this.#sequence = sequence
    if (this.#toAnswer > 0) return this.#replyTo(connection)
    this.#held = connection
    this.#complete()
  }

  /** Records what is told of the request before. @returns what is wrong with it */
  #judge(previous: RequestReport | undefined): string | undefined {
    if (previous === undefined) return this.#sequence === -1 ? undefined : 'is not reported'
    const { ending, status, replyBytes, digest, latencyNs } = previous
    if (ending !== 'reply') return `ended as ${ending}`
    const reply = this.#reply
    if (status !== reply.status || replyBytes !== reply.bodyBytes || digest !== this.#digest) {
      return 'has got another reply than was sent'
    }
    if (!(latencyNs > 0 && Number.isFinite(latencyNs))) return `took ${latencyNs} ns`
    if (this.#sequence !== this.#heldSequence) this.#latencies?.record(latencyNs)
    return undefined
  }

  #replyTo(connection: PayeeConnection): void {
    this.#toAnswer--
    this.#reply.write(this.#sequence)
    const reason = connection.reply(this.#reply.bytes)
    if (reason !== undefined) return this.#fail(`reply ${this.#sequence}: ${reason}`)
    this.#digest = this.#reply.digest()
    this.#closeIfSent(connection)
  }

  #closeIfSent(connection: PayeeConnection): void {
    if (this.#keepAlive || connection.isSending) return
    this.#connections.delete(connection)
    connection.close()
  }

  #accept(): void {
    this.#listening.occurred = 0
    const accepted = this.#listener.accept()
    if (typeof accepted === 'number') {
      if (!isTransient(-accepted)) this.#fail(`cannot be accepted: ${errnoName(-accepted)}`)
      return
    }
    const { sock } = accepted
    sock.setSockOpt('TCP_NODELAY', 1)
    this.#connections.add(new PayeeConnection(sock, this.#expected.bytes.length))
    if (this.#connections.size > 1) this.#fail('opened a connection while it had one')
  }

  #wait(resolve: Waiting['resolve']): void {
    if (this.#state.state === 'failed') return resolve(this.#state)
    if (this.#state.state === 'waiting') throw new Error('one thing at a time per subject')
    this.#progressMs = undefined
    this.#state = { state: 'waiting', resolve }
  }

  #complete(): void {
    if (this.#state.state !== 'waiting') return
    const { resolve } = this.#state
    this.#state = { state: 'idle' }
    resolve(undefined)
  }

  /** The first failure stays. */
  #fail(reason: string): void {
    const previous = this.#state
    if (previous.state === 'failed') return
    const failure: Failed = { state: 'failed', reason }
    this.#held = undefined
    this.#state = failure
    this.#listener.close()
    for (const connection of this.#connections) connection.close()
    this.#connections.clear()
    if (previous.state === 'waiting') previous.resolve(failure)
  }
}

interface Waiting {
  state: 'waiting'
  resolve: (failure: Failed | undefined) => void
}

type State = { state: 'idle' } | Waiting | Failed
