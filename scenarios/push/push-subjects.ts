import { SV2_HEADER_SIZE } from '../../implementations/protocol/sv2/frame.ts'
import {
  type PushKind,
  PushMessage,
} from '../../implementations/protocol/sv2/messages/push-message.ts'
import type { Address, Network } from '../../implementations/sock/sock.ts'
import { monotonicNs } from '../../implementations/threads/monotonic-clock.ts'
import type { Failed, Ready, Served } from '../driver-process.ts'
import type { LatencyMeasurement } from '../driver-protocol.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { Subscribers } from './subscribers.ts'

/** What a driver must know to listen to a subject. */
export interface PushPreparation {
  message: PushKind
  subscribers: number
  meanIntervalUs: number
  socketBufferBytes: number
}

/** A slice is given up after this, and twice the time that it takes on average. */
const PATIENCE_MS = 10_000

/** The subjects that a driver listens to, by name. */
export class PushSubjects {
  readonly #network: Network
  readonly #preparation: PushPreparation
  readonly #patienceMs: number
  readonly #subjects = new Map<string, Subscribers>()
  readonly #frameBytes: number

  constructor(network: Network, preparation: PushPreparation, patienceMs = PATIENCE_MS) {
    this.#network = network
    this.#preparation = preparation
    this.#patienceMs = patienceMs
    this.#frameBytes = SV2_HEADER_SIZE + new PushMessage(preparation.message).payload.length
  }

  awaitReady(subject: string, listening: readonly Address[]): Ready {
    if (this.#subjects.has(subject)) return failed('is connected to already')
    const [address] = listening
    if (address === undefined) return failed('does not listen')
    const { subscribers: connections, message: kind, socketBufferBytes } = this.#preparation
    const options = { port: address.port, connections, kind, socketBufferBytes }
    const subscribers = Subscribers.connect(this.#network, options)
    if (!(subscribers instanceof Subscribers)) return subscribers
    this.#subjects.set(subject, subscribers)
    return { state: 'ready' }
  }

  /** @param pushes each of which brings every subscriber one message */
  async serveSlice(subject: string, pushes: number): Promise<Served> {
    const subscribers = this.#subjects.get(subject)
    if (subscribers === undefined) return failed('is not connected to')
    const { meanIntervalUs, subscribers: connections } = this.#preparation
    const timeoutMs = this.#patienceMs + Math.ceil((2 * pushes * meanIntervalUs) / 1000)
    const [latency, lag] = [LatencyHistogram.empty(), LatencyHistogram.empty()]
    const cpuBefore = process.cpuUsage()
    const startNs = monotonicNs()
    const outcome = await subscribers.receive(pushes, { latency, lag }, timeoutMs)
    const wallNs = monotonicNs() - startNs
    const { user, system } = process.cpuUsage(cpuBefore)
    const recorded: LatencyMeasurement = {
      histogram: latency.serialise(),
      lag: { of: 'subject', histogram: lag.serialise() },
    }
    latency.destroy()
    lag.destroy()
    if (outcome.state === 'failed') return outcome
    const messages = pushes * connections
    return {
      state: 'served',
      wallNs,
      messages,
      bytes: messages * this.#frameBytes,
      driverCpuNs: 1000 * (user + system),
      latency: recorded,
    }
  }

  release(subject: string): void {
    this.#subjects.get(subject)?.close()
    this.#subjects.delete(subject)
  }
}

function failed(reason: string): Failed {
  return { state: 'failed', reason }
}
