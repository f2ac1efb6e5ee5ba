import { formatAddress } from '../../implementations/sock/address.ts'
import type { DynNetwork, DynSock } from '../../implementations/sock/dyn-sock.ts'
import type { Address } from '../../implementations/sock/sock.ts'
import { PayjoinRequests } from '../behaviour/payjoin-requests-in.ts'
import type { Circumstances, FarSide } from './far-side.ts'
import { answersOf, type PeerPlan, type Schedule } from './schedule.ts'
import { SimulatedPayee } from './simulated-payee.ts'
import { WalletExpectation } from './wallet-expectation.ts'

/** Of a request; small, for the sake of speed, but no report fills it. */
export const REQUEST_BODY_BYTES = 40

/** A server that a wallet connects to, as often as it likes: past the schedule's plans it is silent. */
export class Payees implements FarSide {
  readonly peers: SimulatedPayee[] = []
  /** The connection that awaits its reply. */
  readonly mayStayOpen = 1
  private readonly network: DynNetwork
  private readonly plans: readonly PeerPlan[]
  private readonly listener: DynSock
  private readonly requests: PayjoinRequests
  private readonly expectation: WalletExpectation

  constructor(network: DynNetwork, schedule: Schedule, address: Address) {
    const { peers, keepAlive } = schedule
    this.network = network
    this.plans = peers
    this.listener = network.createSock(address.family)
    this.listener.bind(address)
    this.listener.listen(1)
    this.requests = new PayjoinRequests(formatAddress(address), REQUEST_BODY_BYTES, keepAlive)
    this.expectation = new WalletExpectation(schedule, this.requests)
  }

  planOf(connection: number): PeerPlan | undefined {
    return this.plans[connection]
  }

  connectionOf(place: number): number {
    return place
  }

  placeOf(peer: number): number {
    return Math.min(peer, this.peers.length - 1)
  }

  connect(): void {
    this.accept()
  }

  connectAll(): void {
    while (this.accept());
  }

  problems(circumstances: Circumstances): string[] {
    return this.expectation.problems(this.peers, circumstances)
  }

  /** @returns whether somebody had connected */
  private accept(): boolean {
    const accepted = this.listener.accept()
    if (typeof accepted === 'number') return false
    const plan = this.plans[this.peers.length]
    const { sizeBytes } = this.requests
    const hasty = plan?.hasty ?? false
    this.peers.push(
      new SimulatedPayee(this.network, accepted.sock, answersOf(plan), sizeBytes, hasty),
    )
    return true
  }
}
