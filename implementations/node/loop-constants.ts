/** Core's SELECT_TIMEOUT_MILLISECONDS: the longest poll(2), and the sleep when it cannot be done. */
export const SELECT_TIMEOUT_MS = 50
/** An outbound connection is given up after this (Core's DEFAULT_CONNECT_TIMEOUT). */
export const CONNECT_TIMEOUT_MS = 5_000
/** Core's DEFAULT_MAX_PEER_CONNECTIONS: inbound connections beyond it are closed at once. */
export const MAX_CONNECTIONS = 125
/** What is in flight when a subject is stopped has so long to be finished. */
export const SHUTDOWN_GRACE_MS = 1_000
