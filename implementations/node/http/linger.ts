import type { HttpSession } from './http-session.ts'

/** A client has so long to take note that we close. */
const LINGER_MS = 2_000
/** And may send so much more until it does. */
const LINGER_BYTES = 1 << 20

export function lingerIsOver(
  { ended, lingeringSinceMs, droppedBytes }: Lingering,
  nowMs: number,
): boolean {
  return ended || nowMs - lingeringSinceMs >= LINGER_MS || droppedBytes > LINGER_BYTES
}

type Lingering = Pick<HttpSession, 'ended' | 'lingeringSinceMs' | 'droppedBytes'>
