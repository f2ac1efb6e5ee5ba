import type { Backend } from '../../implementations/backend.ts'
import { backends } from '../../implementations/registry.ts'
import type { Schedule } from './schedule.ts'
import {
  type EventLogs,
  type Simulation,
  simulate,
  simulateConsumer,
  type Trace,
} from './simulate.ts'

/** What the backends made of one schedule, and whether that is right and the same. */
export interface Comparison {
  /** A line each; none if all is well. */
  readonly problems: readonly string[]
  readonly injected: ReadonlyMap<string, number>
}

/** Those whose loop can be stepped. */
export const simulatedBackends: readonly Backend[] = backends.filter(
  ({ protocols }) => protocols.p2p?.onSocketThread.loop === 'poll',
)

/** Runs a schedule on every backend: each must do nothing wrong, and all the same. */
export function compareBackends(schedule: Schedule, chainFile: string): Comparison {
  const simulations = simulatedBackends.map(backend => simulate(backend, schedule, chainFile))
  const problems = simulations.flatMap(({ violations }, i) =>
    violations.map(violation => `${simulatedBackends[i].name}: ${violation}`),
  )
  for (let i = 1; i < simulations.length; i++) {
    const difference = differenceOf(simulations[0], simulations[i])
    if (difference !== undefined) {
      problems.push(`${simulatedBackends[0].name} and ${simulatedBackends[i].name}: ${difference}`)
    }
  }
  return { problems, injected: simulations[0].injected }
}

/**
 * Runs a schedule on consumers of SockMan, without SockMan.
 * @returns undefined for a wallet's, which is not run: none is played that connects
 */
export function judgeConsumer(schedule: Schedule, chainFile: string): Comparison | undefined {
  if (schedule.protocol === 'outbound-http') return undefined
  const { violations, injected } = simulateConsumer(schedule, chainFile)
  return { problems: violations, injected }
}

function differenceOf(
  { trace: one }: Simulation,
  { trace: other }: Simulation,
): string | undefined {
  return (
    peerDifference(one, other) ??
    logDifference(one.events, other.events) ??
    logDifference(one.calls, other.calls)
  )
}

function peerDifference(one: Trace, other: Trace): string | undefined {
  if (one.peers.length !== other.peers.length) {
    return `${one.peers.length} connections were made, and ${other.peers.length}`
  }
  for (const [place, peer] of one.peers.entries()) {
    const { received, ending } = other.peers[place]
    if (peer.ending !== ending) return `peer ${place} is ${peer.ending}, and ${ending}`
    const [here, there] = [steady(peer.received), steady(received)]
    if (here === there) continue
    let at = 0
    while (here[at] === there[at]) at++
    const after = here.slice(at, at + 40)
    return `peer ${place} received other bytes: ${after || 'nothing'}, and ${there.slice(at, at + 40) || 'nothing'}`
  }
  return undefined
}

/** A node's version has a nonce of its own, 8 bytes at 96, and so a checksum, 4 bytes at 20. */
function steady(receivedHex: string): string {
  if (!receivedHex.startsWith(VERSION_FRAME)) return receivedHex
  return (
    receivedHex.slice(0, 2 * 20) + receivedHex.slice(2 * 24, 2 * 96) + receivedHex.slice(2 * 104)
  )
}

const VERSION_FRAME = `fabfb5da${Buffer.from('version').toString('hex')}`

/** The first entry in which two logs of a connection differ. */
function logDifference(one: EventLogs, other: EventLogs): string | undefined {
  for (const connection of new Set([...one.keys(), ...other.keys()])) {
    const [here, there] = [one.get(connection) ?? [], other.get(connection) ?? []]
    for (let i = 0; i < Math.max(here.length, there.length); i++) {
      if (here[i] === there[i]) continue
      return `${connection}: ${here[i] ?? 'nothing more'}, and ${there[i] ?? 'nothing more'}`
    }
  }
  return undefined
}
