import type { Debugger } from 'node:inspector'
import { type Reached, reachableFrom } from './reachable.ts'
import { type Frame, shortened } from './stack.ts'
import type { ThreadSession } from './thread-session.ts'

/** A frame of a thread that stands still, and what can be reached from it. */
export interface SeenFrame extends Frame {
  reached: Reached
}

/** @param urls of scripts, by their ids */
export function seenFrames(
  session: ThreadSession,
  callFrames: readonly Debugger.CallFrame[],
  urls: ReadonlyMap<string, string>,
): SeenFrame[] {
  return callFrames.map(frame => {
    const { functionName, functionLocation, location } = frame
    const url = urls.get(location.scriptId) ?? ''
    return {
      functionName,
      className: classOf(frame),
      place: `${shortened(url)}:${location.lineNumber + 1}`,
      identity: JSON.stringify([url, functionLocation?.lineNumber, functionName]),
      reached: reachableFrom(session, frame),
    }
  })
}

function classOf({ this: receiver }: Debugger.CallFrame): string | null {
  return receiver.type === 'object' ? (receiver.className ?? null) : null
}
