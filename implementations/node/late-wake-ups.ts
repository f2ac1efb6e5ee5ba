import type { ConnectionMemory } from '../threads/connection-memory.ts'
import { Counter } from '../threads/counters.ts'

/** A wait this long is the poll loop's 50 ms timeout showing. */
const LATE_MS = 45

/** The loop is about to send: counts it if the bytes waited for the loop to wake. Under `sendMutex`. */
export function countLateSend({ sending }: ConnectionMemory, counts: Float64Array): void {
  if (sending.takeWaitMs() >= LATE_MS) counts[Counter.sendWaits45ms]++
}

/** The loop is about to receive: counts it if a flood pause ended long before the loop saw it. */
export function countLateReceive({ received }: ConnectionMemory, counts: Float64Array): void {
  if (received.takeResumeDelayMs() >= LATE_MS) counts[Counter.receiveWaits45ms]++
}
