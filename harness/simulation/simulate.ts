import type { Backend } from '../../implementations/backend.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { type Expectation, expectationOf } from './expectation.ts'
import { type ConnectionFaults, type Faults, isTemporary } from './faults.ts'
import { FaultyNetwork } from './faulty-network.ts'
import type { FaultAt, PeerPlan, Schedule, Step } from './schedule.ts'
import { type PeerState, SimulatedPeer } from './simulated-peer.ts'
import { type SimulatedOptions, SimulatedService } from './simulated-service.ts'
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

/** Where it listens, in a network of its own. */
const ANY: Address = { family: 4, host: '127.0.0.1', port: 0 }
/** Cycles of everything, once no step is left: more than any schedule needs to come to rest. */
const MAX_SETTLING_CYCLES = 20_000
/** Cycles without anything are rest: longer than a pause of accept. */
const QUIET_CYCLES = 30
const POLL_TIMEOUT_MS = 50
/** Everything does by then: a peer's inactivity takes longest. */
const LAST_TIMEOUT_MS = 20 * 60_000 + 1
const LISTENERS = 1
/** Nothing times out before: an idle HTTP client does first. */
const FIRST_TIMEOUT_MS = 30_000

/** Runs a schedule on one backend: the same schedule makes the same simulation, always. */
export function simulate(backend: Backend, schedule: Schedule, chainFile: string): Simulation {
  const time = new SimulatedTime(schedule.seed)
  return time.during(() => new Run(backend, schedule, chainFile, time).whole())
}

class Run {
  private readonly schedule: Schedule
  private readonly time: SimulatedTime
  private readonly network: FaultyNetwork
  private readonly service: SimulatedService
  private readonly address: Address
  private readonly expectations: readonly Expectation[]
  private readonly peers: readonly SimulatedPeer[]
  /** Places of peers, in the order in which they have connected, which is that of their acceptance. */
  private readonly arrivals: number[] = []
  private readonly violations: string[] = []

  constructor(backend: Backend, schedule: Schedule, chainFile: string, time: SimulatedTime) {
    this.schedule = schedule
    this.time = time
    this.network = new FaultyNetwork({
      pipeBytes: schedule.pipeBytes,
      time,
      connectionFaults: index => faultsOf(schedule.peers[this.arrivals[index]]),
      accept: faultMap(schedule.acceptFaults),
      poll: faultMap(schedule.pollFaults),
    })
    this.service = new SimulatedService(backend, optionsOf(schedule, chainFile), this.network)
    const [listening] = this.service.events
    if (listening?.kind !== 'listening') throw new Error(`${backend.name} does not listen`)
    this.address = listening.address
    this.expectations = schedule.peers.map(plan => expectationOf(schedule.protocol, plan))
    this.peers = this.expectations.map(({ bytes }) => new SimulatedPeer(this.network.dyn, bytes))
  }

  whole(): Simulation {
    try {
      for (const step of this.schedule.steps) {
        this.network.moment++
        this.take(step)
      }
      this.settle()
      this.judgeAtRest()
      this.outwait()
      if (!this.service.stop()) this.violations.push('does not finish when it is stopped')
      if (this.network.open > 0) this.violations.push(`${this.network.open} descriptors left open`)
    } catch (error) {
      this.violations.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    return {
      trace: {
        peers: this.peers.map(traceOf),
        events: this.eventsByConnection(),
        calls: this.network.calls,
      },
      violations: [...this.network.violations, ...this.violations],
      injected: this.network.injected,
    }
  }

  private take(step: Step): void {
    switch (step.do) {
      case 'iterate':
        this.service.iterate()
        return
      case 'handle':
        this.service.pass()
        return
      case 'wait':
        this.time.pass(step.ms)
        return
      case 'connect':
        return this.connect(step.peer)
      case 'half-close':
        this.peers[step.peer]?.halfClose()
        return
      case 'close':
      case 'reset':
        this.peers[step.peer]?.leave(step.do)
        return
      case 'send':
        this.peers[step.peer]?.send(step.bytes)
        return
      case 'read':
        this.peers[step.peer]?.read(step.bytes)
    }
  }

  private connect(place: number): void {
    const peer = this.peers[place]
    if (peer === undefined || peer.state !== 'not connected') return
    this.arrivals.push(place)
    peer.connect(this.address)
  }

  /** Everybody connects, says all it has to say and reads all there is, until nothing happens any more. */
  private settle(): void {
    for (const place of this.peers.keys()) this.connect(place)
    let quiet = 0
    for (let cycle = 0; cycle < MAX_SETTLING_CYCLES && quiet < QUIET_CYCLES; cycle++) {
      this.network.moment++
      let moved = 0
      for (const peer of this.peers) moved += peer.send(1 << 20) + peer.read(1 << 20)
      const before = this.time.nowMs
      const isReady = this.service.iterate() && this.schedule.sendMode !== 'pollout'
      const isHandling = this.service.pass()
      // A loop that asks for SEND always never sleeps, and time has to pass for it, too.
      if (this.time.nowMs === before) this.time.pass(moved === 0 ? POLL_TIMEOUT_MS : 0)
      quiet = moved > 0 || isReady || isHandling ? 0 : quiet + 1
    }
    if (quiet < QUIET_CYCLES) this.violations.push('does not come to rest: it spins')
  }

  /** Whoever says nothing any more is dropped in the end, whether it has left or not. */
  private outwait(): void {
    this.time.pass(LAST_TIMEOUT_MS)
    for (let i = 0; i < QUIET_CYCLES; i++) {
      this.service.iterate()
      this.service.pass()
    }
    const open = this.network.open - LISTENERS
    if (open > 0) this.violations.push(`${open} connections are open after every timeout`)
  }

  private judgeAtRest(): void {
    for (const [place, peer] of this.peers.entries()) {
      const problem = this.isUndisturbed(place)
        ? problemOfWhole(this.expectations[place], peer)
        : problemOfPart(this.expectations[place], peer)
      if (problem !== undefined) this.violations.push(`peer ${place}: ${problem}`)
    }
  }

  /** Nothing has happened to it that excuses an answer's absence. */
  private isUndisturbed(place: number): boolean {
    const { recvFaults, sendFaults } = this.schedule.peers[place]
    const { state, halfClosed } = this.peers[place]
    return (
      this.time.nowMs < FIRST_TIMEOUT_MS &&
      !halfClosed &&
      state !== 'left' &&
      [...recvFaults, ...sendFaults].every(
        ({ fault }) => !('errno' in fault) || isTemporary(fault.errno),
      )
    )
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

/** All of it, and nothing else. */
function problemOfWhole(expected: Expectation, peer: SimulatedPeer): string | undefined {
  const { answers, closes } = expected
  const given = expected.answersIn(peer.received)
  if (given.at(-1) === CUT_OFF && closes !== 'at once') return 'was given a part of an answer'
  if (given.length < answers.length && (closes === 'no' || closes === 'after its answers')) {
    return `was answered ${list(given)} where ${list(answers.map(String))} is due`
  }
  const isOpen = peer.state === 'open'
  if (isOpen && (closes === 'after its answers' || closes === 'at once'))
    return 'was not disconnected'
  if (!isOpen && closes === 'no') return `was disconnected (${peer.state})`
  return problemOfPart(expected, peer)
}

/** The status of a reply that is not whole. */
const CUT_OFF = String(Number.NaN)

/** As far as it goes it must be right; its last answer may be cut off. */
function problemOfPart(
  { answers, answersIn }: Expectation,
  { received }: SimulatedPeer,
): string | undefined {
  const all = answersIn(received)
  const given = all.at(-1) === CUT_OFF ? all.slice(0, -1) : all
  const wrong = given.findIndex((answer, i) => !answers[i]?.includes(answer))
  return wrong < 0
    ? undefined
    : `was answered ${list(given)}, which is no beginning of ${list(answers.map(String))}`
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'nothing' : items.join(' ')
}

function optionsOf({ protocol, sendMode, workers }: Schedule, chainFile: string): SimulatedOptions {
  const loop = { sendMode, socketBufferBytes: 1 << 16, listen: ANY }
  return protocol === 'p2p'
    ? { ...loop, protocol, verify: 'merkle', refillBlocks: 1, connect: [] }
    : { ...loop, protocol, workers, chainFile, idleTimeoutMs: FIRST_TIMEOUT_MS }
}

function faultsOf({ recvFaults, sendFaults }: PeerPlan): ConnectionFaults {
  return { recv: faultMap(recvFaults), send: faultMap(sendFaults) }
}

function faultMap(faults: readonly FaultAt[]): Faults {
  return new Map(faults.map(({ at, fault }) => [at, fault]))
}
