import type { PeerFlags } from './node.ts'

/** Core's `-peertimeout`: a peer has this long to complete the handshake. */
const HANDSHAKE_TIMEOUT_MS = 60_000
/** Core's TIMEOUT_INTERVAL: a peer that nothing was received from for so long is dropped. */
const INACTIVITY_TIMEOUT_MS = 20 * 60_000

/** When a connection was opened and last received from, by the socket thread's clock. */
export interface Activity {
  readonly connectedAtMs: number
  lastRecvMs: number
}

/** `CConnman::InactivityCheck`: whether the connection must go. */
export function isInactive(memory: PeerFlags, activity: Activity, nowMs: number): boolean {
  if (!memory.successfullyConnected) return nowMs - activity.connectedAtMs > HANDSHAKE_TIMEOUT_MS
  return nowMs - activity.lastRecvMs > INACTIVITY_TIMEOUT_MS
}
