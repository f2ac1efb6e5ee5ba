import type { Backend } from '../../implementations/backend.ts'
import { type Address, ERR, RECV, SEND } from '../../implementations/sock/sock.ts'
import { virtualSockman } from '../../implementations/virtual-sockman/index.ts'
import { MAX_REPLY_BYTES } from '../behaviour/payjoin-answers.ts'
import { Clients } from './clients.ts'
import type { FarSide } from './far-side.ts'
import { type ConnectionFaults, noFaults } from './faults.ts'
import { FaultyNetwork } from './faulty-network.ts'
import { Payees, REQUEST_BODY_BYTES } from './payees.ts'
import { PlayedSockMan } from './played-sockman.ts'
import type { PeerPlan, PeerStep, Schedule, Step } from './schedule.ts'
import type { PeerState, SimulatedPeer } from './simulated-peer.ts'
import {
  type Script,
  type SimulatedNetwork,
  type SimulatedOptions,
  SimulatedService,
} from './simulated-service.ts'
import { SimulatedTime } from './simulated-time.ts'

/** What a backend made of a schedule; the same for every backend. */
export interface Trace {
  readonly peers: readonly PeerTrace[]
  /** What the subject's threads reported, in order, by connection. */
  readonly events: EventLogs
  /** Which system calls it made on each connection, when, and with which result. */
  readonly calls: EventLogs
}

/** By connection, in order. */
export type EventLogs = ReadonlyMap<string, readonly string[]>

interface PeerTrace {
  /** All bytes, in hex. */
  readonly received: string
  readonly ending: PeerState
}

export interface Simulation {
  readonly trace: Trace
  /** What no backend may do, whatever others do. */
  readonly violations: readonly string[]
  /** Faults that took effect, by kind. */
  readonly injected: ReadonlyMap<string, number>
}

/** Where the subject listens, or whom it connects to, in a network of its own. */
const ADDRESS: Address = { family: 4, host: '127.0.0.1', port: 8333 }
/** Cycles of everything, once no step is left: more than any schedule needs to come to rest. */
const MAX_SETTLING_CYCLES = 20_000
/** Cycles without anything are rest: longer than a pause of accept, or of a wallet. */
const QUIET_CYCLES = 30
const POLL_TIMEOUT_MS = 50
/** Everything does by then: a peer's inactivity takes longest. */
const LAST_TIMEOUT_MS = 20 * 60_000 + 1
/** Nothing times out before: an idle HTTP client, or a wallet's request, does first. */
const FIRST_TIMEOUT_MS = 30_000
/** Of the second that a subject has; the schedule's steps may have used the rest. */
const ENOUGH_TO_FINISH_MS = 500
/** Once the socket thread has ended, a handler thread has nothing to wait for. */
const LAST_TURNS = 5

/** Runs a schedule on one backend: the same schedule makes the same simulation, always. */
export function simulate(backend: Backend, schedule: Schedule, chainFile: string): Simulation {
  const time = new SimulatedTime(schedule.seed)
  return time.during(() => {
    const network = new FaultyNetwork({
      pipeBytes: schedule.pipeBytes,
      time,
      connectionFaults: index => faultsOf(farSide.planOf(index)),
      accept: faultMap(schedule.acceptFaults),
      connect: faultMap(schedule.connectFaults),
      poll: faultMap(schedule.pollFaults),
    })
    const farSide =
      schedule.protocol === 'outbound-http'
        ? new Payees(network.dyn, schedule, ADDRESS)
        : new Clients(network.dyn, schedule, ADDRESS)
    const service = new SimulatedService(backend, optionsOf(schedule, chainFile), network)
    return new Run({ schedule, time, network, farSide, service }).whole()
  })
}

/** Runs a schedule on a consumer of SockMan, without SockMan: of its faults those that reach a consumer. */
export function simulateConsumer(schedule: Schedule, chainFile: string): Simulation {
  const time = new SimulatedTime(schedule.seed)
  const network = new PlayedSockMan(time, schedule.pipeBytes, index =>
    faultsOf(farSide.planOf(index)),
  )
  const farSide = new Clients(network.far, schedule, ADDRESS)
  return time.during(() =>
    network.during(() => {
      const options = optionsOf(schedule, chainFile)
      const service = new SimulatedService(virtualSockman, options, network, (context, loop) =>
        network.iterate(context, loop),
      )
      return new Run({ schedule, time, network, farSide, service }).whole()
    }),
  )
}

interface Setting {
  readonly schedule: Schedule
  readonly time: SimulatedTime
  readonly network: SimulatedNetwork
  readonly farSide: FarSide
  readonly service: SimulatedService
}

class Run {
  private readonly schedule: Schedule
  private readonly time: SimulatedTime
  private readonly network: SimulatedNetwork
  private readonly farSide: FarSide
  private readonly service: SimulatedService
  /** Places of peers whose connections a step has ended, or half of them. */
  private readonly disturbed = new Set<number>()
  private readonly violations: string[] = []

  constructor({ schedule, time, network, farSide, service }: Setting) {
    this.schedule = schedule
    this.time = time
    this.network = network
    this.farSide = farSide
    this.service = service
  }

  whole(): Simulation {
    try {
      this.service.run(this.script(), this.time)
    } catch (error) {
      this.violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    return {
      trace: {
        peers: this.farSide.peers.map(traceOf),
        events: this.eventsByConnection(),
        calls: this.network.calls,
      },
      violations: [...this.network.violations, ...this.violations],
      injected: this.network.injected,
    }
  }

  private *script(): Script {
    for (const step of this.schedule.steps) {
      this.network.moment++
      if (step.do === 'handle') yield
      else this.take(step)
    }
    if (!this.service.stopping) {
      yield* this.settle()
      this.judge()
      yield* this.outwait()
      this.service.stop()
    }
    yield* this.finish()
    this.judge()
  }

  private take(step: Exclude<Step, { do: 'handle' }>): void {
    switch (step.do) {
      case 'iterate':
        this.iterate()
        return
      case 'stop':
        return this.service.stop()
      case 'wait':
        return this.time.pass(step.ms)
      case 'connect':
        return this.farSide.connect(step.peer)
      default:
        return this.takeByPeer(step, this.farSide.placeOf(step.peer))
    }
  }

  private takeByPeer(step: PeerStep, place: number): void {
    const peer = this.farSide.peers[place]
    if (peer === undefined || peer.state === 'not connected') return
    switch (step.do) {
      case 'half-close':
        this.disturbed.add(place)
        return peer.halfClose()
      case 'close':
      case 'reset':
        this.disturbed.add(place)
        return peer.leave(step.do)
      case 'send':
        peer.send(step.bytes)
        return
      case 'read':
        peer.read(step.bytes)
    }
  }

  /** Everybody connects, says all it has to say and reads all there is, until nothing happens any more. */
  private *settle(): Script {
    // A loop that asks for SEND always is told of it always, and that is all it may be told of at rest.
    const disquieting = this.schedule.sendMode === 'pollout' ? RECV | ERR : RECV | SEND | ERR
    let quiet = 0
    for (let cycle = 0; cycle < MAX_SETTLING_CYCLES && quiet < QUIET_CYCLES; cycle++) {
      this.network.moment++
      const moved = this.exchange()
      const before = this.time.nowMs
      const isReady = (this.iterate() & disquieting) !== 0
      const isHandling = yield
      // The loop that asks for SEND always never sleeps, and time has to pass for it, too.
      if (this.time.nowMs === before) this.time.pass(moved === 0 ? POLL_TIMEOUT_MS : 0)
      quiet = moved > 0 || isReady || isHandling ? 0 : quiet + 1
    }
    if (quiet < QUIET_CYCLES) this.violations.push('does not come to rest: it spins')
  }

  /** Of the socket loop, which may not spin: it sleeps unless something occurs, or a signal interrupts it. */
  private iterate(): number {
    const { ended } = this.service
    const startMs = this.time.nowMs
    const interruptions = this.network.injected.get('poll EINTR')
    const occurred = this.service.iterate()
    const isExcused =
      ended.socketThread || this.network.injected.get('poll EINTR') !== interruptions
    if (occurred === 0 && this.time.nowMs === startMs && !isExcused) {
      this.violations.push(`step ${this.network.moment}: nothing occurs, and it does not sleep`)
    }
    return occurred
  }

  /** @returns how many bytes have passed at the far side */
  private exchange(): number {
    this.farSide.connectAll()
    let moved = 0
    for (const peer of this.farSide.peers) moved += peer.send(1 << 20) + peer.read(1 << 20)
    return moved
  }

  /** Whoever says nothing any more is dropped in the end, whether it has left or not. */
  private *outwait(): Script {
    this.time.pass(LAST_TIMEOUT_MS)
    for (let i = 0; i < QUIET_CYCLES; i++) {
      this.iterate()
      yield
    }
    const { mayStayOpen } = this.farSide
    const { open } = this.network
    if (open > mayStayOpen) {
      this.violations.push(`${open} descriptors are open after every timeout, not ${mayStayOpen}`)
    }
  }

  /** Everybody reads all; both threads end in time, and leave nothing open. */
  private *finish(): Script {
    const { ended } = this.service
    const startMs = this.time.nowMs
    for (let cycle = 0; cycle < MAX_SETTLING_CYCLES && !ended.socketThread; cycle++) {
      this.network.moment++
      let moved = 0
      for (const peer of this.farSide.peers) moved += peer.readAndLeave(1 << 20)
      const before = this.time.nowMs
      this.iterate()
      yield
      if (this.time.nowMs === before) this.time.pass(moved === 0 ? POLL_TIMEOUT_MS : 0)
    }
    if (this.service.gaveUp && this.time.nowMs - startMs > ENOUGH_TO_FINISH_MS) {
      this.violations.push('gives up what is in flight when it is stopped')
    }
    for (let i = 0; i < LAST_TURNS && !ended.handler; i++) yield
    if (!ended.socketThread)
      this.violations.push('its socket thread does not end when it is stopped')
    if (!ended.handler) this.violations.push('its handler thread does not end when it is stopped')
    const { open } = this.network
    if (open > 0) this.violations.push(`${open} descriptors left open`)
    for (const peer of this.farSide.peers) while (peer.readAndLeave(1 << 20) > 0);
  }

  private judge(): void {
    const { stopping, gaveUp } = this.service
    const isInTime = this.time.nowMs < FIRST_TIMEOUT_MS && !gaveUp
    const isAtRest = isInTime && !stopping
    const isUndisturbed = (place: number) =>
      isInTime &&
      !this.disturbed.has(place) &&
      !this.network.hasFailed(this.farSide.connectionOf(place))
    this.violations.push(...this.farSide.problems({ isAtRest, stopping, isUndisturbed }))
  }

  private eventsByConnection(): Map<string, string[]> {
    const events = new Map<string, string[]>()
    for (const event of this.service.events) {
      if (event.kind !== 'peer-disconnected' && event.kind !== 'connection-closed') continue
      const name = `connection ${event.id}`
      const earlier = events.get(name) ?? []
      events.set(name, earlier)
      if (earlier.includes('connection-closed')) {
        this.violations.push(`${name}: ${event.kind} after it was closed`)
      }
      earlier.push(event.kind === 'peer-disconnected' ? event.reason : event.kind)
    }
    return events
  }
}

function traceOf({ received, state }: SimulatedPeer): PeerTrace {
  return { received: received.toString('hex'), ending: state }
}

function optionsOf(
  { protocol, sendMode, workers, keepAlive, seed }: Schedule,
  chainFile: string,
): SimulatedOptions {
  const loop = { sendMode, socketBufferBytes: 1 << 16, listen: ADDRESS }
  switch (protocol) {
    case 'p2p':
      return { ...loop, protocol, verify: 'merkle', refillBlocks: 1, connect: [] }
    case 'http':
      return { ...loop, protocol, workers, chainFile, idleTimeoutMs: FIRST_TIMEOUT_MS }
    case 'push':
      return { ...loop, protocol, message: 'probe', meanIntervalUs: 20_000, seed }
    case 'outbound-http':
      return {
        ...loop,
        protocol,
        target: ADDRESS,
        requestBodyBytes: REQUEST_BODY_BYTES,
        maxReplyBytes: MAX_REPLY_BYTES,
        timeoutMs: FIRST_TIMEOUT_MS,
        keepAlive,
      }
  }
}

function faultsOf(plan: PeerPlan | undefined): ConnectionFaults {
  if (plan === undefined) return noFaults
  return { recv: faultMap(plan.recvFaults), send: faultMap(plan.sendFaults) }
}

function faultMap<F>(faults: readonly { at: number; fault: F }[]): ReadonlyMap<number, F> {
  return new Map(faults.map(({ at, fault }) => [at, fault]))
}
