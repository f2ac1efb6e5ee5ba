import { Recorder } from './recorder.ts'
import { TraceRing } from './trace-ring.ts'

/** What a thread tells when recording starts: where it writes. */
export interface TracingEvent {
  kind: 'tracing'
  thread: string
  ring: SharedArrayBuffer
}

/**
 * How a thread that sits in a blocking loop is told to record: the inspector of its process evaluates
 * a call of this in it, between two of the loop's steps. Until then nothing is subscribed.
 */
interface TracingSwitch {
  /** @returns whether it records now, which it did not before */
  start(capacityEvents: number): boolean
  stop(): boolean
}

/** Where a thread's switch is, as an expression that can be evaluated in it. */
export const tracingSwitchExpression = `globalThis[Symbol.for('sockbench.tracing')]`
const tracingSwitchKey = Symbol.for('sockbench.tracing')

/** Puts the switch of this thread where the inspector finds it. */
export function offerTracing(thread: string, report: (event: TracingEvent) => void): void {
  let recorder: Recorder | undefined
  const tracingSwitch: TracingSwitch = {
    start(capacityEvents) {
      if (recorder !== undefined) return false
      const ring = TraceRing.create(capacityEvents)
      report({ kind: 'tracing', thread, ring: ring.buffer })
      recorder = new Recorder(ring)
      recorder.start()
      return true
    },
    stop() {
      if (recorder === undefined) return false
      recorder.stop()
      recorder = undefined
      return true
    },
  }
  Object.defineProperty(globalThis, tracingSwitchKey, { value: tracingSwitch })
}
