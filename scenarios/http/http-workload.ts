import { type SendMode, sendModes } from '../../implementations/send-mode.ts'
import { SettingError, type Workload } from '../scenario.ts'
import { oneOf, type Settings, wholeNumber } from '../settings.ts'
import { connectionDefaults } from './connections.ts'
import { type RequestKind, requestKinds } from './known-requests.ts'
import type { ClosedLoad, HttpLoad, HttpPreparation } from './preparation.ts'

export const loadKinds = ['closed', 'open'] as const
export const connectionKinds = ['keep-alive', 'new'] as const

/** How subjects are run, and what is asked of them. */
interface Shape {
  request: RequestKind
  load: HttpLoad
  slowReaders: number
  workers: number
  sendMode: SendMode
}

/** @throws SettingError for values that cannot be, or not together */
export function httpWorkload(settings: Settings): Workload {
  const shape: Shape = {
    request: oneOf(settings, 'request', requestKinds),
    load: loadOf(settings),
    slowReaders: wholeNumber(settings, 'slow-readers', 0, 64),
    workers: wholeNumber(settings, 'workers', 0, 16),
    sendMode: oneOf(settings, 'mode', sendModes),
  }
  const slices = wholeNumber(settings, 'slices', 2, 10_000)
  const sliceRequests = sliceRequestsOf(settings, shape)
  const { request, load, slowReaders, workers, sendMode } = shape
  const preparation: HttpPreparation = { request, load, slowReaders }
  return {
    scenario: 'http',
    parameters: {
      request,
      ...loadParameters(load),
      workers,
      mode: sendMode,
      slowReaders,
      slices,
      sliceRequests,
    },
    label: labelOf(shape),
    unit: 'request',
    preparation,
    services: [
      {
        protocol: 'http',
        connections: 0,
        sendMode,
        workers,
        idleTimeoutMs: slowReaders === 0 ? IDLE_TIMEOUT_MS : SLOW_READER_TIMEOUT_MS,
        socketBufferBytes: connectionDefaults.socketBufferBytes,
      },
    ],
    loops: ['one'],
    // A loop that spins would spin on the CPU of the one that works.
    lives: sendMode === 'pollout' ? 'alone' : 'together',
    idleMs: 0,
    measuresLatency: true,
    samplesTogether: samplesTogether(shape),
    caveats: caveatsOf(shape, sliceRequests),
    warmUp: [leadRequests(shape), sliceRequests],
    slices,
    sliceWork: sliceRequests,
    countingSlices: waitsForLoop(shape) ? 1 : 2,
  }
}

/** Core's. */
const IDLE_TIMEOUT_MS = 30_000
/** They have to stay for a round, in which a server gets rid of nothing it sends them. */
const SLOW_READER_TIMEOUT_MS = 20 * 60_000

function loadOf(settings: Settings): HttpLoad {
  const kind = oneOf(settings, 'load', loadKinds)
  const connections = wholeNumber(settings, 'connections', 1, 64)
  const connection = oneOf(settings, 'connection', connectionKinds)
  const pipelining = wholeNumber(settings, 'pipelining', 1, 64)
  const ratePerSecond = wholeNumber(settings, 'rate', 1, 100_000)
  if (kind === 'open' && (connection === 'new' || pipelining > 1)) {
    throw new SettingError(
      'load=open keeps its connections, with one request in flight on each: it needs connection=keep-alive and pipelining=1',
    )
  }
  if (connection === 'new' && pipelining > 1) {
    throw new SettingError('connection=new has one request on each: it needs pipelining=1')
  }
  if (kind === 'open') return { kind, connections, ratePerSecond }
  const use =
    connection === 'new'
      ? ({ kind: 'one-request-each' } as const)
      : ({ kind: 'keep-alive', pipelining } as const)
  return { kind, connections, use }
}

function loadParameters(load: HttpLoad): Workload['parameters'] {
  const { kind, connections } = load
  if (kind === 'open') return { load: kind, connections, rate: load.ratePerSecond }
  const { use } = load
  if (use.kind === 'one-request-each') return { load: kind, connections, connection: 'new' }
  return { load: kind, connections, connection: use.kind, pipelining: use.pipelining }
}

function labelOf({ request, load, slowReaders, workers, sendMode }: Shape): string {
  return [
    request,
    counted(load.connections, 'connection'),
    ...loadWords(load),
    ...(workers === 0 ? [] : [counted(workers, 'worker')]),
    ...(slowReaders === 0 ? [] : [counted(slowReaders, 'slow reader')]),
    ...(sendMode === 'optimistic' ? [] : [sendMode]),
  ].join(', ')
}

function loadWords(load: HttpLoad): string[] {
  if (load.kind === 'open') return [`${load.ratePerSecond}/s`]
  if (load.use.kind === 'one-request-each') return ['new for each request']
  return load.use.pipelining === 1 ? [] : [`${load.use.pipelining} pipelined`]
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}

/**
 * Requests in flight, or those that come during a stall as long as the poll loop's timeout. A burst of
 * pipelined requests that wait for the loop is no such crowd: each waits for a timeout of its own, after
 * those before it.
 */
function samplesTogether(shape: Shape): number {
  const { load } = shape
  if (load.kind === 'open') return Math.max(1, Math.ceil(load.ratePerSecond * 0.05))
  const inOneWait = isPipelined(load) && !waitsForLoop(shape) ? load.use.pipelining : 1
  return load.connections * inOneWait
}

function caveatsOf(shape: Shape, sliceRequests: number): string[] {
  const { load } = shape
  return [
    ...connectionCaveat(shape, sliceRequests),
    load.kind === 'open'
      ? 'the driver of an open loop spins while it waits: its own CPU time says nothing'
      : 'latencies of a closed loop begin with the write of a request, and what is slow is asked less often: load=open is for that',
    ...(isPipelined(load) && waitsForLoop(shape)
      ? [
          'later requests of a burst wait for 100, 150, … ms: the share that the 50 ms detector gives is without them',
        ]
      : []),
    ...(shape.sendMode === 'pollout'
      ? ['in mode pollout the socket thread spins, on the CPU of the threads that handle requests']
      : []),
  ]
}

/** What else than requests the CPU time is for; where each has a connection of its own, the label says so. */
function connectionCaveat(shape: Shape, sliceRequests: number): string[] {
  const { load } = shape
  if (load.kind === 'closed' && load.use.kind === 'one-request-each') return []
  const opened = `CPU time includes opening and closing ${counted(load.connections, 'connection')} for each ${sliceRequests} requests`
  return waitsForLoop(shape)
    ? [`${opened}, and that is much of it: requests wait for the poll loop, so slices are short`]
    : [opened]
}

/**
 * A slice opens and closes its connections, some 0.1 ms each for the subject: with so many requests
 * that is little of it, except where each waits for 50 ms, or has a connection of its own.
 *
 * Pipelined requests that wait come in one burst per connection and slice: later ones would wake the
 * socket thread, and so hide that those in memory wait for it.
 */
function sliceRequestsOf(settings: Settings, shape: Shape): number {
  const { load, request } = shape
  const { connections } = load
  const chosen = wholeNumber(settings, 'slice-requests', 0, 1_000_000)
  if (chosen > 0 && chosen < connections) {
    throw new SettingError(
      `slice-requests=${chosen} is not one for each connection: give at least ${connections}`,
    )
  }
  if (chosen > 0) return chosen
  if (waitsForLoop(shape)) return connections * (isPipelined(load) ? load.use.pipelining : 16)
  if (request === 'block') return Math.max(64, 4 * connections)
  if (load.kind === 'open') return Math.max(load.ratePerSecond >> 2, connections)
  if (load.use.kind === 'one-request-each') return 500
  return request === 'headers' ? 2_000 : Math.max(5_000, 300 * connections)
}

/** Small ones; where each waits for up to 50 ms there is no time for many. */
function leadRequests({ workers, sendMode }: Shape): number {
  return sendMode === 'queued' && workers > 0 ? 2_000 : 10_000
}

/** Whether worker threads leave something to a socket thread that is asleep, and cannot wake it. */
function waitsForLoop({ workers, sendMode, request, load }: Shape): boolean {
  if (workers === 0) return false
  if (sendMode === 'queued') return true
  return sendMode === 'optimistic' && (request === 'block' || isPipelined(load))
}

function isPipelined(load: HttpLoad): load is PipelinedLoad {
  return load.kind === 'closed' && load.use.kind === 'keep-alive' && load.use.pipelining > 1
}

type PipelinedLoad = ClosedLoad & { use: { kind: 'keep-alive' } }
