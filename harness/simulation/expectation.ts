import { expectHttp, expectP2p } from './conversation.ts'
import type { Circumstances } from './far-side.ts'
import { expectPushes } from './push-expectation.ts'
import type { Schedule } from './schedule.ts'
import type { PeerState } from './simulated-peer.ts'

/** What a client says, and what a correct subject makes of all of it. */
export interface Expectation {
  readonly bytes: Uint8Array
  /**
   * What is wrong with what it was sent: at rest it must be all that is due, and nothing else. Whoever was
   * disturbed may have been sent a part only, and a subject that is `stopping` may refuse the next request.
   */
  readonly problemOf: (
    peer: { readonly received: Buffer; readonly state: PeerState },
    circumstances: Omit<Circumstances, 'isUndisturbed'> & { readonly isUndisturbed: boolean },
  ) => string | undefined
}

/** Of each client of the schedule. */
export function expectationsOf({ protocol, peers }: Schedule): readonly Expectation[] {
  if (protocol === 'push') return expectPushes(peers.map(({ says }) => says.map(Number)))
  return peers.map(protocol === 'p2p' ? expectP2p : expectHttp)
}
