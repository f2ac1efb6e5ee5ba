import type { PushKind } from '../../implementations/protocol/sv2/messages/push-message.ts'
import { encodePushRequest } from '../../implementations/protocol/sv2/push-request.ts'
import { connectSock } from '../../implementations/sock/connect.ts'
import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import type { Network, Waitable } from '../../implementations/sock/sock.ts'
import { monotonicNs } from '../../implementations/threads/monotonic-clock.ts'
import { type PushRecorders, Subscriber } from './subscriber.ts'

interface SubscribersOptions {
  /** Where the subject listens, on 127.0.0.1. */
  port: number
  connections: number
  kind: PushKind
  /** SO_RCVBUF and SO_SNDBUF of every connection, fixed so that the kernel does not tune them. */
  socketBufferBytes: number
  /** CLOCK_MONOTONIC in whole ns, the clock of the subject's stamps. */
  nowNs?: () => number
}

const subscribersDefaults = { nowNs: monotonicNs } satisfies Partial<SubscribersOptions>

export type PushOutcome = { state: 'completed' } | Failure

type Failure = { state: 'failed'; reason: string }

const CONNECT_TIMEOUT_MS = 5_000
/** How long the event loop waits for its turn. */
const TURN_MS = 50
/** Between two looks at the clock, which make garbage; one takes 0.4 µs, of 125 connections 19 µs. */
const POLLS_PER_LOOK = 64

/**
 * The driver's side of a subject that pushes what it is asked for: any number of connections in one
 * poll loop of this thread. While messages are awaited it never sleeps: to be woken takes 50 µs on
 * some machines, which would count as the subject's. Every `TURN_MS` Node's event loop runs. Each
 * connection must bring messages 0, 1, 2, … with known contents, as many as were asked for; anything
 * else is a failure, which closes all.
 *
 *     idle <-> waiting
 *     either -> failed
 */
export class Subscribers {
  readonly #network: Network
  readonly #nowNs: () => number
  /** The wait set. */
  readonly #subscribers = new Map<Waitable, Subscriber>()
  #state: State = { state: 'idle' }
  /** Messages that each connection has been promised, since the start. */
  #target = 0

  /** Connects them all, one after the other. */
  static connect(network: Network, options: SubscribersOptions): Subscribers | Failure {
    const resolved = { ...subscribersDefaults, ...options }
    const subscribers = new Subscribers(network, resolved.nowNs)
    const failure = subscribers.#connect(resolved)
    return failure ?? subscribers
  }

  private constructor(network: Network, nowNs: () => number) {
    this.#network = network
    this.#nowNs = nowNs
  }

  #connect({ port, connections, kind, socketBufferBytes }: SubscribersOptions) {
    const address = { family: 4, host: '127.0.0.1', port } as const
    const buffers = { receiveBufferBytes: socketBufferBytes, sendBufferBytes: socketBufferBytes }
    for (let i = 0; i < connections; i++) {
      const sock = connectSock(this.#network, address, CONNECT_TIMEOUT_MS, buffers)
      if (typeof sock === 'number')
        return this.#fail(`connection ${i} to 127.0.0.1:${port}: ${errnoName(-sock)}`)
      this.#subscribers.set(sock, new Subscriber(sock, kind))
    }
    return undefined
  }

  /**
   * Asks for `count` messages on every connection, and waits for them. The last connection asks: who
   * hears it has accepted the others.
   */
  receive(count: number, recorders: PushRecorders, timeoutMs: number): Promise<PushOutcome> {
    if (this.#state.state === 'failed') return Promise.resolve(this.#state)
    if (this.#state.state === 'waiting') throw new Error('one wait at a time')
    this.#takeUnasked()
    this.#target += count
    this.#ask(count)
    const endsMs = performance.now() + timeoutMs
    return new Promise(resolve => {
      if (this.#state.state === 'failed') return resolve(this.#state)
      this.#state = { state: 'waiting', recorders, endsMs, timeoutMs, resolve }
      setImmediate(this.#run)
    })
  }

  /** Ends everything, a wait as failed. */
  close(): void {
    this.#fail('closed by the driver')
  }

  /** Whatever has come since the wait before is one message too many, or an end: a failure. */
  #takeUnasked(): void {
    this.#poll()
  }

  #ask(count: number): void {
    const last = [...this.#subscribers.values()].at(-1)
    if (last === undefined) return
    const request = encodePushRequest(count)
    const sent = last.sock.send(request, false)
    if (sent === request.length) return
    this.#fail(`cannot ask for messages: ${sent < 0 ? errnoName(-sent) : 'a partial send'}`)
  }

  readonly #run = (): void => {
    const turnEndsMs = performance.now() + TURN_MS
    for (let state = this.#state; state.state === 'waiting'; state = this.#state) {
      if (this.#isComplete()) return this.#complete(state)
      const nowMs = performance.now()
      if (nowMs >= state.endsMs) {
        this.#fail(`not all messages came within ${state.timeoutMs} ms: ${this.#describeMissing()}`)
      } else if (nowMs >= turnEndsMs) {
        setImmediate(this.#run)
        return
      } else {
        this.#pollForAWhile(state.recorders)
      }
    }
  }

  #pollForAWhile(recorders: PushRecorders): void {
    for (let i = 0; i < POLLS_PER_LOOK; i++) if (this.#poll(recorders) !== 0) return
  }

  /**
   * Receives on all ready connections before it looks at anything: that would delay the others.
   * @returns how many connections were ready, or `-errno`
   */
  #poll(recorders?: PushRecorders): number {
    const ready = this.#network.waitMany(0, this.#subscribers)
    if (ready < 0 && !isTransient(-ready)) this.#fail(`poll: ${errnoName(-ready)}`)
    if (ready > 0) this.#receiveOnReady(recorders)
    return ready
  }

  #receiveOnReady(recorders?: PushRecorders): void {
    const ended = this.#each(subscriber => subscriber.receive(this.#nowNs))
    const failed = this.#each((subscriber, index) => {
      // Once per push: what its other subscribers get is stamped with the same times.
      const lag = index === 0 ? recorders?.lag : undefined
      return subscriber.deliver(recorders?.latency, lag) ?? this.#beyondTarget(subscriber)
    })
    const reason = failed ?? ended
    if (reason !== undefined) this.#fail(reason)
  }

  #beyondTarget({ messages }: Subscriber): string | undefined {
    if (messages <= this.#target) return undefined
    return `message ${messages - 1} came: only ${this.#target} were asked for`
  }

  /** Calls each subscriber for which something occurred. @returns the first failure */
  #each(call: (subscriber: Subscriber, index: number) => string | undefined): string | undefined {
    let failure: string | undefined
    let index = 0
    for (const subscriber of this.#subscribers.values()) {
      const reason = subscriber.occurred === 0 ? undefined : call(subscriber, index)
      if (reason !== undefined) failure ??= `connection ${index}: ${reason}`
      index++
    }
    return failure
  }

  #isComplete(): boolean {
    for (const { messages } of this.#subscribers.values()) if (messages < this.#target) return false
    return true
  }

  #complete({ resolve }: Waiting): void {
    this.#state = { state: 'idle' }
    resolve({ state: 'completed' })
  }

  #describeMissing(): string {
    const missing = [...this.#subscribers.values()].filter(
      ({ messages }) => messages < this.#target,
    )
    const fewest = Math.min(...missing.map(({ messages }) => messages))
    return (
      `${missing.length} of ${this.#subscribers.size} connections lack some, ` +
      `one has ${fewest} of ${this.#target}`
    )
  }

  /** The first failure stays. */
  #fail(reason: string): Failure {
    const previous = this.#state
    if (previous.state === 'failed') return previous
    const failure: Failure = { state: 'failed', reason }
    this.#state = failure
    for (const { sock } of this.#subscribers.values()) sock.close()
    this.#subscribers.clear()
    if (previous.state === 'waiting') previous.resolve(failure)
    return failure
  }
}

interface Waiting {
  state: 'waiting'
  recorders: PushRecorders
  /** `performance.now()` */
  endsMs: number
  timeoutMs: number
  resolve: (outcome: PushOutcome) => void
}

type State = { state: 'idle' } | Waiting | Failure
