import { listenOn } from '../../implementations/sock/connect.ts'
import { describeErrno, isTransient } from '../../implementations/sock/errno.ts'
import type { Address, EventsPerSock, Network } from '../../implementations/sock/sock.ts'
import type { Failed, Listening, Ready, Served } from '../driver-process.ts'
import { Payee, type PayeePreparation } from './payee.ts'

/** Longest sleep in poll: bounds how long the event loop waits for its turn. */
const TURN_MS = 50

const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }

/**
 * The payees of a driver, one for each subject, in one poll loop of this thread. It runs while something
 * is waited for, and sleeps in poll, so that a request wakes it at once, in turns of at most `TURN_MS`
 * between which Node's event loop runs. What arrives in between stays in the kernel.
 */
export class Payees {
  readonly #network: Network
  readonly #preparation: PayeePreparation
  readonly #stallTimeoutMs: number | undefined
  readonly #payees = new Map<string, Payee>()
  #isRunning = false

  constructor(network: Network, preparation: PayeePreparation, stallTimeoutMs?: number) {
    this.#network = network
    this.#preparation = preparation
    this.#stallTimeoutMs = stallTimeoutMs
  }

  listen(subject: string): Listening {
    if (this.#payees.has(subject)) return failed('is listened for already')
    const { socketBufferBytes } = this.#preparation
    const sock = listenOn(this.#network, anyPort, {
      receiveBufferBytes: socketBufferBytes,
      sendBufferBytes: socketBufferBytes,
    })
    if (typeof sock === 'number') return failed(`cannot be listened for: ${describeErrno(-sock)}`)
    const address = sock.getsockname()
    if (typeof address === 'number') {
      sock.close()
      return failed(`cannot be listened for: ${describeErrno(-address)}`)
    }
    this.#payees.set(subject, new Payee(sock, this.#preparation, this.#stallTimeoutMs))
    return { state: 'listening', address }
  }

  /** Until the subject's first request has arrived. */
  awaitReady(subject: string): Promise<Ready> {
    return this.#while(subject, payee => payee.awaitReady())
  }

  serveSlice(subject: string, requests: number): Promise<Served> {
    return this.#while(subject, payee => payee.serveSlice(requests))
  }

  release(subject: string): void {
    this.#payees.get(subject)?.close()
    this.#payees.delete(subject)
  }

  /** Runs the loop for what is waited for. */
  #while<T>(subject: string, begin: (payee: Payee) => Promise<T>): Promise<T | Failed> {
    const payee = this.#payees.get(subject)
    if (payee === undefined) return Promise.resolve(failed('is not listened for'))
    const outcome = begin(payee)
    if (!this.#isRunning) {
      this.#isRunning = true
      this.#run()
    }
    return outcome
  }

  readonly #run = (): void => {
    const turnEndsMs = performance.now() + TURN_MS
    for (let waiting = this.#waiting(); waiting.length > 0; waiting = this.#waiting()) {
      const leftMs = turnEndsMs - performance.now()
      if (leftMs <= 0) {
        setImmediate(this.#run)
        return
      }
      this.#turn(waiting, Math.ceil(leftMs))
    }
    this.#isRunning = false
  }

  #waiting(): Payee[] {
    return [...this.#payees.values()].filter(({ isWaiting }) => isWaiting)
  }

  #turn(waiting: readonly Payee[], timeoutMs: number): void {
    const waitSet: EventsPerSock = new Map()
    for (const payee of waiting) payee.addTo(waitSet)
    const ready = this.#network.waitMany(timeoutMs, waitSet)
    if (ready < 0 && !isTransient(-ready)) throw new Error(`poll: ${describeErrno(-ready)}`)
    const nowMs = performance.now()
    for (const payee of waiting) payee.turn(nowMs)
  }
}

function failed(reason: string): Failed {
  return { state: 'failed', reason }
}
