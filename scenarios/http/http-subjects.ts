import { setTimeout as sleep } from 'node:timers/promises'
import type { ChainStore } from '../../implementations/node/http/chain-store.ts'
import { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { createSyscallCounts } from '../../implementations/sock/syscalls.ts'
import type { Failed, Ready, Served } from '../driver-process.ts'
import { encodeRequest } from './http-request.ts'
import { type Exchange, exchangeOf, serveLoad } from './http-slice.ts'
import type { HttpLoad, HttpPreparation } from './preparation.ts'
import { openSlowReaders, type SlowReaders } from './slow-reader.ts'

/** For connecting, and until every slow reader is being answered. */
const READY_TIMEOUT_MS = 10_000
const LOOK_EVERY_MS = 5

/** Small requests over so many connections: what every subject answers first. */
const leadLoad: HttpLoad = {
  kind: 'closed',
  connections: 16,
  use: { kind: 'keep-alive', pipelining: 1 },
}

/**
 * The subjects that a driver asks, by name. A subject's first slice is its lead: small requests,
 * whatever is asked for later, for V8 compiles what has run some thousands of times.
 *
 * Each slice has connections of its own, so what they cost the subject is part of its CPU time: slices
 * have to be large against their number. Slow readers stay from the first slice to the release.
 */
export class HttpSubjects {
  readonly #network = new PosixNetwork(createSyscallCounts())
  readonly #subjects = new Map<string, Subject>()
  readonly #preparation: HttpPreparation
  readonly #lead: Exchange
  readonly #measured: Exchange
  readonly #block: Exchange

  constructor(preparation: HttpPreparation, store: ChainStore) {
    this.#preparation = preparation
    this.#lead = exchangeOf('small', store)
    this.#measured = exchangeOf(preparation.request, store)
    this.#block = exchangeOf('block', store)
  }

  async awaitReady(name: string, listening: readonly Address[]): Promise<Ready> {
    if (this.#subjects.has(name)) return failed('is connected to already')
    const [address] = listening
    if (address === undefined) return failed('serves HTTP nowhere')
    const { port } = address
    const subject: Subject = { port, slices: 0, released: new AbortController() }
    this.#subjects.set(name, subject)
    const { slowReaders } = this.#preparation
    if (slowReaders === 0) return { state: 'ready' }
    const opened = openSlowReaders(this.#network, {
      port,
      connections: slowReaders,
      timeoutMs: READY_TIMEOUT_MS,
      request: encodeRequest(this.#block.request, port),
      requestsEach: SLOW_REQUESTS,
    })
    if (opened.state === 'failed') return opened
    subject.slowReaders = opened.readers
    return awaitAnswers(subject, slowReaders)
  }

  async serveSlice(name: string, requests: number): Promise<Served> {
    const subject = this.#subjects.get(name)
    if (subject === undefined) return failed('is not connected to')
    if (subject.failed !== undefined) return subject.failed
    const outcome = await this.#serve(subject, requests)
    if (outcome.state === 'failed') subject.failed = outcome
    return outcome
  }

  /** Its slow readers are there from beginning to end, as far as can be seen. */
  async #serve(subject: Subject, requests: number): Promise<Served> {
    const lostBefore = findLost(subject)
    if (lostBefore !== undefined) return lostBefore
    const isLead = subject.slices === 0
    const outcome = await serveLoad(this.#network, {
      exchange: isLead ? this.#lead : this.#measured,
      load: isLead ? leadLoad : this.#preparation.load,
      port: subject.port,
      requests,
      // The same moments for every subject, and in every round.
      seed: subject.slices++,
      signal: subject.released.signal,
    })
    return outcome.state === 'failed' ? outcome : (findLost(subject) ?? outcome)
  }

  release(name: string): void {
    const subject = this.#subjects.get(name)
    subject?.released.abort('released')
    subject?.slowReaders?.close()
    this.#subjects.delete(name)
  }
}

/** Pipelined on each slow reader's connection: the server has more to do for it than it can send. */
const SLOW_REQUESTS = 4

interface Subject {
  readonly port: number
  readonly released: AbortController
  slowReaders?: SlowReaders
  /** Served, the lead included. */
  slices: number
  failed?: Failed
}

async function awaitAnswers(subject: Subject, slowReaders: number): Promise<Ready> {
  const endsMs = performance.now() + READY_TIMEOUT_MS
  while (!subject.released.signal.aborted) {
    const lost = findLost(subject)
    if (lost !== undefined) return lost
    const answered = subject.slowReaders?.answered ?? 0
    if (answered === slowReaders) return { state: 'ready' }
    if (performance.now() > endsMs) {
      return failed(
        `${answered} of ${slowReaders} slow readers were answered within ${READY_TIMEOUT_MS} ms`,
      )
    }
    await sleep(LOOK_EVERY_MS)
  }
  return failed('released')
}

function findLost({ slowReaders }: Subject): Failed | undefined {
  const lost = slowReaders?.findLost()
  return lost === undefined ? undefined : failed(`a slow reader is lost: ${lost}`)
}

function failed(reason: string): Failed {
  return { state: 'failed', reason }
}
