import type { ConnectionMemory } from '../threads/connection-memory.ts'
import { Counter } from '../threads/counters.ts'
import type { SocketMemory } from '../threads/socket-memory.ts'

/** A wait this long is the poll loop's 50 ms timeout showing. */
export const LATE_MS = 45

/**
 * The loop is about to poll the connection for SEND: counts the time since something was left for it
 * to send, which it slept through. Under `sendMutex`.
 */
export function countLateSend({ sending }: SocketMemory, counts: Float64Array): void {
  if (sending.takeWaitMs() >= LATE_MS) counts[Counter.sendWaits45ms]++
}

/** The loop is about to poll the connection for RECV: counts the time since a flood pause ended. */
export function countLateReceive({ received }: ConnectionMemory, counts: Float64Array): void {
  if (received.takeResumeDelayMs() >= LATE_MS) counts[Counter.receiveWaits45ms]++
}
