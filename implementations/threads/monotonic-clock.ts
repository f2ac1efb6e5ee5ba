/**
 * Milliseconds of CLOCK_MONOTONIC, the same in every thread (`performance.now()` has an origin
 * of its own in each). Kept to 31 bits, never 0, so that it fits a shared Int32 cell where 0
 * means "not set".
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return (seconds * 1000 + Math.floor(nanoseconds / 1e6)) & 0x7fffffff || 1
}

/** Milliseconds since a `monotonicMs` of less than 24 days ago. */
export function elapsedMs(sinceMs: number): number {
  return (monotonicMs() - sinceMs) & 0x7fffffff
}
