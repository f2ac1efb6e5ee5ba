/**
 * Who sends a queued message, and when:
 * - `optimistic`: the thread that queued it, at once, if nothing was queued before (Core).
 * - `queued`: only the socket thread, once its poll(2) asks for SEND: up to 50 ms later.
 * - `wakeup`: as `queued`, and an eventfd wakes the socket thread.
 * - `pollout`: as `queued`, and the wait set always asks for SEND (SockMan's default hook), so
 *   that poll(2) returns at once, again and again.
 */
export const sendModes = ['optimistic', 'queued', 'wakeup', 'pollout'] as const
export type SendMode = (typeof sendModes)[number]
