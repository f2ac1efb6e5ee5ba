import type { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import type { Failed } from '../driver-process.ts'
import { openConnections } from '../http/connections.ts'
import type { BlockServer } from '../ibd/block-server.ts'
import type { Peer, Service } from '../ibd/peer.ts'
import { type Answer, type Ask, HttpClient } from './http-client.ts'

export interface HttpLoadOptions {
  /** Where the subject listens, on 127.0.0.1. */
  port: number
  connections: number
  /** What is asked for, one after the other and over again. */
  asks: readonly Ask[]
  /** A subject that sends nothing for so long while it is asked has failed. */
  stallTimeoutMs?: number
}

const loadDefaults = { stallTimeoutMs: 10_000 } satisfies Partial<HttpLoadOptions>

const CONNECT_TIMEOUT_MS = 5_000

/** Requests that belong together. */
export interface Requests {
  count: number
  /** How many of them may have been sent by now. It must only grow. */
  released: () => number
  /** In ns, of each timed request. */
  recordLatency: (ns: number) => void
}

export type Asked = { state: 'answered' } | Failed

/**
 * HTTP clients of one subject, in the poll loop of the server that also serves it blocks. A closed
 * loop: a connection sends the next request that is released once its last reply has come, and the one
 * that is idle for longest is the first. No open loop, since poll(2) counts in ms and the same thread
 * sends blocks: that it is late for its own schedule would be in every latency. As it is, what the
 * driver adds is the time it takes to send blocks between a reply's arrival and its recv.
 *
 *     idle <-> asking
 *     either -> failed
 */
export class HttpLoad implements Service {
  readonly #server: BlockServer
  readonly #asks: readonly Ask[]
  readonly #stallTimeoutMs: number
  readonly #idle: HttpClient[] = []
  #state: State = { state: 'idle' }
  /** Since the start, of all connections. */
  #recvs = 0
  #recvsSeen = 0
  /** When `#recvs` was last seen to change, or nothing was waited for. */
  #progressMs = 0

  /** Opens the connections. They are closed when the load fails. */
  static connect(
    network: PosixNetwork,
    server: BlockServer,
    options: HttpLoadOptions,
  ): HttpLoad | Failed {
    const { port, connections } = options
    const timeoutMs = CONNECT_TIMEOUT_MS
    const connected = openConnections(network, { port, connections, timeoutMs })
    if (connected.state === 'failed') return connected
    const load = new HttpLoad(server, options)
    for (const sock of connected.socks) {
      const client = new HttpClient(sock, load.#onReceived)
      load.#idle.push(client)
      server.add(client, load)
    }
    return load
  }

  private constructor(server: BlockServer, options: HttpLoadOptions) {
    const { asks, stallTimeoutMs } = { ...loadDefaults, ...options }
    this.#server = server
    this.#asks = asks
    this.#stallTimeoutMs = stallTimeoutMs
  }

  /** Asks, as requests are released, until all are answered. */
  ask(requests: Requests): Promise<Asked> {
    const state = this.#state
    if (state.state === 'failed') return Promise.resolve(state)
    if (state.state === 'asking') throw new Error('one thing at a time per subject')
    return new Promise(resolve => {
      this.#state = { state: 'asking', requests, resolve, sent: 0, answered: 0 }
      this.#progressMs = performance.now()
      this.#sendReleased()
      this.#server.wake()
    })
  }

  get failure(): Failed | undefined {
    return this.#state.state === 'failed' ? this.#state : undefined
  }

  /** Closes all connections, and ends what is being waited for. */
  fail(reason: string): void {
    const previous = this.#state
    if (previous.state === 'failed') return
    this.#state = { state: 'failed', reason }
    this.#server.close(this)
    if (previous.state === 'asking') previous.resolve(this.#state)
  }

  accept(): never {
    throw new Error('HTTP clients listen nowhere')
  }

  listenerFailed(reason: string): never {
    throw new Error(reason)
  }

  lost(_peer: Peer, reason: string): void {
    this.fail(`HTTP connection lost: ${reason}`)
  }

  get busy(): boolean {
    return this.#state.state === 'asking'
  }

  turnCompleted(nowMs: number): void {
    this.#sendReleased()
    const state = this.#state
    if (state.state !== 'asking') return
    // What is not released yet is not the subject's to answer.
    const isWaiting = state.sent > state.answered
    if (!isWaiting || this.#recvs !== this.#recvsSeen) {
      this.#recvsSeen = this.#recvs
      this.#progressMs = nowMs
    } else if (nowMs - this.#progressMs >= this.#stallTimeoutMs) {
      const { answered, sent, requests } = state
      this.fail(
        `nothing received for ${this.#stallTimeoutMs} ms: ${answered} of ${sent} requests answered, ${requests.count} to be asked`,
      )
    }
  }

  #sendReleased(): void {
    const state = this.#state
    if (state.state !== 'asking') return
    const released = Math.min(state.requests.count, state.requests.released())
    while (state.sent < released) {
      const client = this.#idle.shift()
      if (client === undefined) return
      const failure = client.ask(this.#asks[state.sent % this.#asks.length])
      if (failure !== undefined) return this.fail(failure)
      state.sent++
    }
  }

  readonly #onReceived = (client: HttpClient, answer: Answer | undefined): void => {
    this.#recvs++
    if (answer === undefined) return
    const state = this.#state
    if (state.state !== 'asking') throw new Error('an answer without a request')
    this.#idle.push(client)
    if (answer.ask.timed) state.requests.recordLatency(answer.latencyNs)
    state.answered++
    if (state.answered === state.requests.count) this.#complete(state)
    else this.#sendReleased()
  }

  #complete({ resolve }: Asking): void {
    this.#state = { state: 'idle' }
    resolve({ state: 'answered' })
  }
}

interface Asking {
  state: 'asking'
  requests: Requests
  sent: number
  answered: number
  resolve: (asked: Asked) => void
}

type State = { state: 'idle' } | Asking | Failed
