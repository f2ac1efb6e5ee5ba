import type { PeerFlags } from '../node/node.ts'

/** The flags of a peer that lives in one thread. */
export class PeerState implements PeerFlags {
  successfullyConnected = false
  disconnectRequested = false

  markSuccessfullyConnected(): void {
    this.successfullyConnected = true
  }

  requestDisconnect(): void {
    this.disconnectRequested = true
  }
}
