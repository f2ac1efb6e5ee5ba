import type { PushKind } from '../../implementations/protocol/sv2/messages/push-message.ts'
import { connectSock } from '../../implementations/sock/connect.ts'
import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import type { Network, Waitable } from '../../implementations/sock/sock.ts'
import { type PushRecorders, Subscriber } from './subscriber.ts'

interface SubscribersOptions {
  /** Where the subject listens, on 127.0.0.1. */
  port: number
  connections: number
  kind: PushKind
  recorders: PushRecorders
  /** CLOCK_MONOTONIC in whole ns, the clock of the subject's stamps. */
  nowNs: () => number
  /** SO_RCVBUF of every connection, fixed so that the kernel does not tune it. */
  receiveBufferBytes?: number
}

const subscribersDefaults = {
  receiveBufferBytes: 256 << 10,
} satisfies Partial<SubscribersOptions>

export type PushOutcome =
  | {
      state: 'completed'
      /** Received on all connections since the wait before. */
      messages: number
      /**
       * Those among them that came when nobody was waiting: in order and well formed, but recorded
       * nowhere, since their arrival was not seen.
       */
      unseen: number
    }
  | Failure

type Failure = { state: 'failed'; reason: string }

const CONNECT_TIMEOUT_MS = 5_000
/** Longest sleep in poll: bounds how long the event loop waits for its turn. */
const TURN_MS = 50

/**
 * The driver's side of a subject that pushes: any number of connections, which say nothing, in one
 * poll loop of this thread. While messages are awaited it sleeps in poll, so that an arrival wakes
 * it at once, in turns of at most `TURN_MS` between which Node's event loop runs. Each connection
 * must bring messages 0, 1, 2, … with known contents; anything else is a failure, which closes all.
 *
 *     idle <-> waiting
 *     either -> failed
 */
export class Subscribers {
  readonly #network: Network
  readonly #recorders: PushRecorders
  readonly #nowNs: () => number
  /** The wait set. */
  readonly #subscribers = new Map<Waitable, Subscriber>()
  #state: State = { state: 'idle' }
  /** Messages that every connection must have brought for the last wait to end. */
  #target = 0
  /** Messages of all connections when the last wait ended. */
  #reported = 0

  /** Connects them all, one after the other. */
  static connect(network: Network, options: SubscribersOptions): Subscribers | Failure {
    const subscribers = new Subscribers(network, options)
    const failure = subscribers.#connect(options)
    return failure ?? subscribers
  }

  private constructor(network: Network, { recorders, nowNs }: SubscribersOptions) {
    this.#network = network
    this.#recorders = recorders
    this.#nowNs = nowNs
  }

  #connect(options: SubscribersOptions): Failure | undefined {
    const { port, connections, kind, receiveBufferBytes } = { ...subscribersDefaults, ...options }
    const address = { family: 4, host: '127.0.0.1', port } as const
    for (let i = 0; i < connections; i++) {
      const sock = connectSock(this.#network, address, CONNECT_TIMEOUT_MS, { receiveBufferBytes })
      if (typeof sock === 'number')
        return this.#fail(`connection ${i} to 127.0.0.1:${port}: ${errnoName(-sock)}`)
      this.#subscribers.set(sock, new Subscriber(sock, kind))
    }
    return undefined
  }

  /**
   * Waits until every connection has brought `count` messages more than at the end of the wait
   * before; what came beyond that counts towards this one. What is pushed after the call is seen
   * arriving, so call it first, then have the subject push, then await the outcome.
   */
  awaitMessages(count: number, timeoutMs: number): Promise<PushOutcome> {
    if (this.#state.state === 'failed') return Promise.resolve(this.#state)
    if (this.#state.state === 'waiting') throw new Error('one wait at a time')
    const endsMs = performance.now() + timeoutMs
    this.#target += count
    this.#takeUnseen(endsMs)
    const unseen = this.#received() - this.#reported
    return new Promise(resolve => {
      if (this.#state.state === 'failed') return resolve(this.#state)
      this.#state = { state: 'waiting', endsMs, timeoutMs, unseen, resolve }
      setImmediate(this.#run)
    })
  }

  /** Ends everything, a wait as failed. */
  close(): void {
    this.#fail('closed by the driver')
  }

  /** What is there already: nobody saw when it came. */
  #takeUnseen(endsMs: number): void {
    while (this.#turn(0, undefined) > 0 && performance.now() < endsMs);
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
        this.#turn(Math.ceil(Math.min(turnEndsMs, state.endsMs) - nowMs), this.#recorders)
      }
    }
  }

  /** Receives on all ready connections before it looks at anything: that would delay the others. */
  #turn(timeoutMs: number, recorders: PushRecorders | undefined): number {
    const ready = this.#network.waitMany(timeoutMs, this.#subscribers)
    if (ready < 0 && !isTransient(-ready)) this.#fail(`poll: ${errnoName(-ready)}`)
    if (ready <= 0) return 0
    const ended = this.#each(subscriber => subscriber.receive(this.#nowNs))
    const failed = this.#each(subscriber => subscriber.deliver(recorders))
    const reason = failed ?? ended
    if (reason !== undefined) this.#fail(reason)
    return ready
  }

  /** Calls each subscriber for which something occurred. @returns the first failure */
  #each(call: (subscriber: Subscriber) => string | undefined): string | undefined {
    let failure: string | undefined
    let index = 0
    for (const subscriber of this.#subscribers.values()) {
      const reason = subscriber.occurred === 0 ? undefined : call(subscriber)
      if (reason !== undefined) failure ??= `connection ${index}: ${reason}`
      index++
    }
    return failure
  }

  #isComplete(): boolean {
    for (const { messages } of this.#subscribers.values()) if (messages < this.#target) return false
    return true
  }

  #complete({ unseen, resolve }: Waiting): void {
    const received = this.#received()
    const messages = received - this.#reported
    this.#reported = received
    this.#state = { state: 'idle' }
    resolve({ state: 'completed', messages, unseen })
  }

  #received(): number {
    let received = 0
    for (const { messages } of this.#subscribers.values()) received += messages
    return received
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
  /** `performance.now()` */
  endsMs: number
  timeoutMs: number
  unseen: number
  resolve: (outcome: PushOutcome) => void
}

type State = { state: 'idle' } | Waiting | Failure
