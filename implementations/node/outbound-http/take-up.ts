import { Counter } from '../../threads/counters.ts'
import type { OutboundHttpMemory } from '../../threads/outbound-http-memory.ts'
import { LATE_MS } from '../late-wake-ups.ts'

/**
 * The loop is about to poll a connection that the wallet has opened: counts the time since, which it
 * slept through.
 * @returns false when the wallet has taken it back
 */
export function takeUp(memory: OutboundHttpMemory, counts: Float64Array): boolean {
  const delayMs = memory.sinceOpenedMs
  if (!memory.takeUp()) return false
  if (delayMs >= LATE_MS) counts[Counter.addedWaits45ms]++
  return true
}
