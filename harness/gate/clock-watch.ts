/** Two clocks, in ms: one can be set, the other cannot. */
export interface Clocks {
  wallMs: () => number
  monotonicMs: () => number
}

const realClocks: Clocks = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}

/** More than a clock that is being slewed drifts within a gate. */
const JUMP_MS = 1000

/**
 * Watches from now on whether the clock is set. Durations do not come from it, but the times in records
 * do, and with virtual machines it is a sign of a pause.
 * @returns what to call at the end: the warning, if there is one to give
 */
export function watchClock(clocks: Clocks = realClocks): () => string[] {
  const offsetMs = () => clocks.wallMs() - clocks.monotonicMs()
  const atStartMs = offsetMs()
  return () => {
    const jumpMs = offsetMs() - atStartMs
    if (Math.abs(jumpMs) <= JUMP_MS) return []
    const seconds = (Math.abs(jumpMs) / 1000).toFixed(1)
    return [
      `the clock was set ${jumpMs > 0 ? 'forward' : 'back'} by ${seconds} s meanwhile: do not trust the times of day`,
    ]
  }
}
