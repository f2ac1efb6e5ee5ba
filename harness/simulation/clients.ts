import type { Address } from '../../implementations/sock/sock.ts'
import { type Expectation, expectationsOf } from './expectation.ts'
import type { Circumstances, FarSide } from './far-side.ts'
import type { PeerPlan, Schedule } from './schedule.ts'
import { type FarNetwork, SimulatedPeer } from './simulated-peer.ts'

/** The peers of a node, a web server's clients, the subscribers of a source of messages. */
export class Clients implements FarSide {
  readonly peers: readonly SimulatedPeer[]
  private readonly schedule: Schedule
  private readonly address: Address
  private readonly expectations: readonly Expectation[]
  /** Places of peers, in the order in which they have connected, which is that of their acceptance. */
  private readonly arrivals: number[] = []

  constructor(network: FarNetwork, schedule: Schedule, address: Address) {
    this.schedule = schedule
    this.address = address
    this.expectations = expectationsOf(schedule)
    this.peers = this.expectations.map(({ bytes }) => new SimulatedPeer(network, bytes))
  }

  planOf(connection: number): PeerPlan {
    return this.schedule.peers[this.arrivals[connection]]
  }

  connectionOf(place: number): number {
    return this.arrivals.indexOf(place)
  }

  placeOf(peer: number): number {
    return peer
  }

  connect(place: number): void {
    const peer = this.peers[place]
    if (peer === undefined || peer.state !== 'not connected') return
    this.arrivals.push(place)
    peer.connect(this.address)
  }

  connectAll(): void {
    for (const place of this.peers.keys()) this.connect(place)
  }

  problems({ isAtRest, isUndisturbed, stopping }: Circumstances): string[] {
    return this.peers.flatMap((peer, place) => {
      const circumstances = { isAtRest, isUndisturbed: isUndisturbed(place), stopping }
      const problem = this.expectations[place].problemOf(peer, circumstances)
      return problem === undefined ? [] : [`peer ${place}: ${problem}`]
    })
  }

  /** The listener, and subscribers that are still there: they may be silent for ever. */
  get mayStayOpen(): number {
    if (this.schedule.protocol !== 'push') return LISTENERS
    const present = this.peers.filter(({ state, halfClosed }) => state === 'open' && !halfClosed)
    return LISTENERS + present.length
  }
}

const LISTENERS = 1
