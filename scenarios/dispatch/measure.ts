import { getHeapStatistics } from 'node:v8'
import { Bench } from 'tinybench'
import type { Backend } from '../../implementations/backend.ts'
import { P2pStage } from './p2p-stage.ts'

/** Connections, all of which have something to receive in every iteration. */
const connectionCounts = [1, 8, 125, 1_000] as const

/** What the loop of one backend costs where no kernel takes part: medians over iterations and passes. */
export interface DispatchCost {
  connections: number
  /** An iteration in which nothing occurred, per connection: polled for, and looked at. */
  pollNs: number
  /** What is added to it, per connection, when a message is received on each, parsed and queued. */
  eventNs: number
  /** A message handler's pass, per connection: a message taken and handled, its answer sent at once. */
  sendNs: number
  /** Garbage made by each of the three, per connection. */
  pollBytes: number
  eventBytes: number
  sendBytes: number
  lookupsPerPoll: number
  /** On top of those per poll. */
  lookupsPerEvent: number
  lookupsPerSend: number
  /** Maps and arrays made, per iteration. */
  collectionsPerIteration: number
}

/** In this isolate, once V8 has compiled what runs: one after the other. */
export function measureDispatch(backend: Backend): DispatchCost[] {
  warmUp(new P2pStage(backend, WARM_UP_CONNECTIONS))
  return connectionCounts.map(connections => measureWith(backend, connections))
}

const WARM_UP_CONNECTIONS = 8
const WARM_UP_CYCLES = 5_000

function warmUp(stage: P2pStage): void {
  for (let i = 0; i < WARM_UP_CYCLES; i++) {
    stage.iterate()
    stage.offerPings()
    stage.iterate()
    stage.pass()
  }
}

/**
 * The median, since a pause of the collector, or of the machine, belongs to no single iteration; what
 * the collector has to do shows in the bytes.
 */
function measureWith(backend: Backend, connections: number): DispatchCost {
  const stage = new P2pStage(backend, connections)
  const bench = new Bench({
    ...(connections < MANY ? runs : runsOfMany),
    now: () => performance.now(),
    subtractTimerOverhead: true,
  })
  bench.add('poll', () => stage.iterate())
  bench.add('event', () => stage.iterate(), {
    beforeEach: () => stage.offerPings(),
    afterEach: () => stage.pass(),
  })
  bench.add('send', () => stage.pass(), {
    beforeEach: () => {
      stage.offerPings()
      stage.iterate()
    },
  })
  bench.runSync()
  const perConnectionNs = (task: string) => medianNs(bench, task) / connections
  const pollNs = perConnectionNs('poll')
  return {
    connections,
    pollNs,
    eventNs: perConnectionNs('event') - pollNs,
    sendNs: perConnectionNs('send'),
    ...garbage(stage),
    ...counted(stage),
  }
}

/** Of tinybench: it goes on until both the time and the iterations are reached. */
const runs = { time: 60, warmupTime: 40, iterations: 500, warmupIterations: 500 }
/** From so many connections on an iteration takes a millisecond. */
const MANY = 500
const runsOfMany = { ...runs, iterations: 48, warmupIterations: 32 }

function medianNs(bench: Bench, task: string): number {
  const result = bench.getTask(task)?.result
  if (result?.state !== 'completed') throw new Error(`${task} was not measured: ${result?.state}`)
  return 1e6 * result.latency.p50
}

/** A scavenge in between makes a difference negative, or too small: the median passes over those. */
function garbage(stage: P2pStage): Pick<DispatchCost, 'pollBytes' | 'eventBytes' | 'sendBytes'> {
  const cycles = Math.ceil(SMALL_HEAP_CHANGE / (ASSUMED_GARBAGE_BYTES * stage.connections))
  const bytesMadeBy = (step: () => void, then: () => void) => {
    let bytes = 0
    for (let cycle = 0; cycle < cycles; cycle++) {
      const before = usedHeapBytes()
      step()
      bytes += usedHeapBytes() - before
      then()
    }
    return bytes / cycles
  }
  const medianBytes = (step: () => void, then: () => void) =>
    median(Array.from({ length: GARBAGE_READINGS }, () => bytesMadeBy(step, then)))
  // Reading makes garbage, too.
  const own = medianBytes(nothing, nothing)
  const perConnection = (step: () => void, then: () => void) =>
    Math.max(0, (medianBytes(step, then) - own) / stage.connections)

  const pollBytes = perConnection(() => stage.iterate(), nothing)
  stage.offerPings()
  const polledAndReceivedBytes = perConnection(
    () => stage.iterate(),
    () => {
      stage.pass()
      stage.offerPings()
    },
  )
  stage.iterate()
  const sendBytes = perConnection(
    () => stage.pass(),
    () => {
      stage.offerPings()
      stage.iterate()
    },
  )
  stage.pass()
  return { pollBytes, eventBytes: Math.max(0, polledAndReceivedBytes - pollBytes), sendBytes }
}

function nothing(): void {}

const GARBAGE_READINGS = 15
/** So little that most readings see no scavenge. */
const SMALL_HEAP_CHANGE = 100_000
const ASSUMED_GARBAGE_BYTES = 500

function usedHeapBytes(): number {
  return getHeapStatistics().used_heap_size
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]
}

/** From cycles of their own, since hooks and warming up count, too. */
function counted(
  stage: P2pStage,
): Pick<
  DispatchCost,
  'lookupsPerPoll' | 'lookupsPerEvent' | 'lookupsPerSend' | 'collectionsPerIteration'
> {
  const start = stage.counts
  stage.iterate()
  const polled = stage.counts
  stage.offerPings()
  stage.iterate()
  stage.pass()
  const end = stage.counts
  const lookupsPerPoll = (polled.socketLookups - start.socketLookups) / stage.connections
  return {
    lookupsPerPoll,
    lookupsPerEvent:
      (end.socketLookups - polled.socketLookups) / stage.connections - lookupsPerPoll,
    lookupsPerSend: (end.handlerLookups - polled.handlerLookups) / stage.connections,
    collectionsPerIteration: polled.collections - start.collections,
  }
}
