import type { ChainStore } from '../../implementations/node/http/chain-store.ts'
import type { Protocol } from '../../implementations/node/service-options.ts'
import type { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { monotonicNs } from '../../implementations/threads/monotonic-clock.ts'
import type { Failed, Listening, Ready, Served } from '../driver-process.ts'
import { encodeRequest } from '../http/http-request.ts'
import { exchangeOf } from '../http/http-slice.ts'
import type { BlockServer } from '../ibd/block-server.ts'
import type { PinnedChain } from '../ibd/send-queue.ts'
import { Subjects } from '../ibd/subjects.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import type { Ask } from './http-client.ts'
import { HttpLoad } from './http-load.ts'
import type { HttpMix } from './preparation.ts'

export interface MixedLimits {
  /** A subject that does nothing new for so long while it is waited for has failed. */
  stallTimeoutMs?: number
}

/** The subjects that a driver serves blocks and asks for replies, both in one poll loop, by name. */
export class MixedSubjects {
  readonly #network: PosixNetwork
  readonly #server: BlockServer
  readonly #mix: HttpMix
  readonly #limits: MixedLimits
  readonly #store: ChainStore
  readonly #downloads: Subjects
  readonly #loads = new Map<string, HttpLoad>()

  /** @param store what the subjects' HTTP services serve */
  constructor(
    network: PosixNetwork,
    server: BlockServer,
    pinned: PinnedChain,
    store: ChainStore,
    mix: HttpMix,
    limits: MixedLimits = {},
  ) {
    this.#network = network
    this.#server = server
    this.#store = store
    this.#mix = mix
    this.#limits = limits
    this.#downloads = new Subjects(server, pinned, limits)
  }

  /** For its P2P connections. */
  listen(subject: string, protocol: Protocol, connections: number): Listening {
    return this.#downloads.listen(subject, protocol, connections)
  }

  /** Until it asks for blocks, and has answered a request on every HTTP connection. */
  async awaitReady(subject: string, listening: readonly Address[]): Promise<Ready> {
    if (this.#loads.has(subject)) return failed('is connected to already')
    const ready = await this.#downloads.awaitReady(subject)
    if (ready.state === 'failed') return ready
    const [address] = listening
    if (address === undefined) return failed('serves HTTP nowhere')
    const { port } = address
    const { connections } = this.#mix
    const load = HttpLoad.connect(this.#network, this.#server, {
      ...this.#limits,
      port,
      connections,
      asks: asksOf(this.#mix, this.#store, port),
    })
    if (!(load instanceof HttpLoad)) return load
    this.#loads.set(subject, load)
    const asked = await load.ask({
      count: connections,
      released: () => connections,
      recordLatency: () => {},
    })
    return asked.state === 'failed' ? asked : { state: 'ready' }
  }

  /**
   * So many blocks, and the requests that go with them: released as the blocks' bytes go out. What is
   * measured in bytes is the blocks alone.
   */
  async serveSlice(subject: string, blocks: number): Promise<Served> {
    const load = this.#loads.get(subject)
    if (load === undefined) return failed('is not connected to')
    if (load.failure !== undefined) return load.failure
    const latency = LatencyHistogram.empty()
    try {
      const cpuBefore = process.cpuUsage()
      const startNs = monotonicNs()
      const served = await this.#serveBoth(subject, load, blocks, ns => latency.record(ns))
      const wallNs = monotonicNs() - startNs
      const { user, system } = process.cpuUsage(cpuBefore)
      if (served.state === 'failed') return served
      return {
        ...served,
        wallNs,
        driverCpuNs: 1000 * (user + system),
        latency: { histogram: latency.serialise(), lag: null },
      }
    } finally {
      latency.destroy()
    }
  }

  release(subject: string): void {
    this.#downloads.release(subject)
    this.#loads.get(subject)?.fail('released')
    this.#loads.delete(subject)
  }

  /** Whichever fails first ends the other. */
  async #serveBoth(
    subject: string,
    load: HttpLoad,
    blocks: number,
    recordLatency: (ns: number) => void,
  ): Promise<Served> {
    const count = blocks * this.#mix.requestsPerBlock
    const downloading = this.#downloads.serveSlice(subject, blocks).then(served => {
      if (served.state === 'failed') load.fail(served.reason)
      return served
    })
    const asking = load.ask({
      count,
      released: () => Math.floor(count * this.#downloads.sentShare(subject)),
      recordLatency,
    })
    const answered = await asking
    if (answered.state === 'failed') {
      this.#downloads.release(subject)
      return answered
    }
    return downloading
  }
}

/** One after the other; where there are large ones, they are the last of so many. */
function asksOf({ largeEvery }: HttpMix, store: ChainStore, port: number): Ask[] {
  const askFor = (kind: 'small' | 'block'): Ask => {
    const { request, expected } = exchangeOf(kind, store)
    return { request: encodeRequest(request, port), expected, timed: kind === 'small' }
  }
  const small = askFor('small')
  if (largeEvery === 0) return [small]
  return [...Array.from({ length: largeEvery - 1 }, () => small), askFor('block')]
}

function failed(reason: string): Failed {
  return { state: 'failed', reason }
}
