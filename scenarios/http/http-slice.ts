import type { ChainStore } from '../../implementations/node/http/chain-store.ts'
import type { PosixNetwork } from '../../implementations/sock/posix-sock.ts'
import type { Served } from '../driver-process.ts'
import { arrivalTimes } from '../latency/arrival-times.ts'
import { LatencyHistogram } from '../latency/histogram.ts'
import { type ClosedLoopOutcome, closedLoop } from './closed-loop.ts'
import { closeAll, openConnections } from './connections.ts'
import type { ExpectedReply } from './expected-reply.ts'
import { encodeRequest, type HttpRequest } from './http-request.ts'
import { expectedReplyTo, type RequestKind, requestOf } from './known-requests.ts'
import { type OpenLoopOutcome, openLoop } from './open-loop.ts'
import type { ClosedLoad, HttpLoad, OpenLoad } from './preparation.ts'

/** A subject that answers nothing for so long has failed. */
const STALL_TIMEOUT_MS = 10_000
/** Beyond the last intended moment. */
const OPEN_LOOP_GRACE_MS = 10_000

/** What is asked for, and what must come. */
export interface Exchange {
  readonly request: HttpRequest
  readonly expected: ExpectedReply
}

export function exchangeOf(kind: RequestKind, store: ChainStore): Exchange {
  const request = requestOf(kind, store)
  return { request, expected: expectedReplyTo(request, store) }
}

export interface HttpSlice {
  exchange: Exchange
  load: HttpLoad
  /** Of 127.0.0.1. */
  port: number
  requests: number
  /** Of the moments of an open loop. */
  seed: number
  signal: AbortSignal
}

/** Asks so many times, over new connections, and measures it. */
export async function serveLoad(network: PosixNetwork, slice: HttpSlice): Promise<Served> {
  const latency = LatencyHistogram.empty()
  const lag = LatencyHistogram.empty()
  const record: Recorders = { latency: ns => latency.record(ns), lag: ns => lag.record(ns) }
  const { load } = slice
  try {
    const cpuBefore = process.cpuUsage()
    const outcome =
      load.kind === 'closed'
        ? await serveClosed(slice, load, record)
        : await serveOpen(network, slice, load, record)
    const { user, system } = process.cpuUsage(cpuBefore)
    if (outcome.state === 'failed') return outcome
    return {
      state: 'served',
      messages: outcome.requests,
      bytes: outcome.bytes,
      wallNs: outcome.wallNs,
      driverCpuNs: 1000 * (user + system),
      latency: {
        histogram: latency.serialise(),
        lag: load.kind === 'open' ? { of: 'driver', histogram: lag.serialise() } : null,
      },
    }
  } finally {
    latency.destroy()
    lag.destroy()
  }
}

interface Recorders {
  latency: (ns: number) => void
  lag: (ns: number) => void
}

function serveClosed(
  { exchange, port, requests, signal }: HttpSlice,
  { connections, use: connectionUse }: ClosedLoad,
  { latency: recordLatency }: Recorders,
): Promise<ClosedLoopOutcome> {
  const limits = { stallTimeoutMs: STALL_TIMEOUT_MS, signal }
  return closedLoop({
    ...exchange,
    ...limits,
    port,
    connections,
    connectionUse,
    requests,
    recordLatency,
  })
}

async function serveOpen(
  network: PosixNetwork,
  { exchange, port, requests, seed, signal }: HttpSlice,
  { connections, ratePerSecond }: OpenLoad,
  record: Recorders,
): Promise<OpenLoopOutcome> {
  const connected = openConnections(network, { port, connections, timeoutMs: STALL_TIMEOUT_MS })
  if (connected.state === 'failed') return connected
  const intendedNs = firstArrivals(requests, seed, ratePerSecond)
  try {
    return await openLoop(network, connected.socks, {
      request: encodeRequest(exchange.request, port),
      expected: exchange.expected,
      intendedNs,
      deadlineMs: intendedNs[requests - 1] / 1e6 + OPEN_LOOP_GRACE_MS,
      signal,
      recordLatency: record.latency,
      recordLag: record.lag,
    })
  } finally {
    closeAll(connected.socks)
  }
}

function firstArrivals(requests: number, seed: number, ratePerSecond: number): Float64Array {
  const moments = arrivalTimes(seed, 1e9 / ratePerSecond)
  return Float64Array.from({ length: requests }, () => moments.next().value)
}
