import { setTimeout as sleep } from 'node:timers/promises'
import { evaluateInWorkers } from './thread-switch.ts'
import { type RecordedEvents, TraceRing } from './trace-ring.ts'
import { type TracingEvent, tracingSwitchExpression } from './tracing-switch.ts'

const START_TIMEOUT_MS = 10_000
const RETRY_MS = 10

/** What one thread has recorded. */
export interface ThreadRecording extends RecordedEvents {
  thread: string
}

/** The recording of the threads of a subject in this process: started and stopped while they run. */
export class ProcessTracing {
  private rings: { thread: string; ring: TraceRing }[] = []
  private announced = () => {}

  /** A thread has begun to record. */
  took({ thread, ring }: TracingEvent): void {
    this.rings.push({ thread, ring: new TraceRing(ring) })
    this.announced()
  }

  /**
   * Until all of so many threads record: one that has just been made has to load its code first.
   * @throws when they do not within `START_TIMEOUT_MS`
   */
  async start(capacityEvents: number, threads: number): Promise<void> {
    if (this.rings.length > 0) throw new Error('the threads record already')
    const expression = `${tracingSwitchExpression}?.start(${capacityEvents})`
    const deadlineMs = performance.now() + START_TIMEOUT_MS
    let started = await evaluateInWorkers(expression)
    while (started < threads) {
      if (performance.now() > deadlineMs) {
        throw new Error(`${started} of ${threads} threads can be traced`)
      }
      await sleep(RETRY_MS)
      started += await evaluateInWorkers(expression)
    }
    // Where a thread writes comes another way than its answer.
    while (this.rings.length < threads) {
      await new Promise<void>(resolve => {
        this.announced = resolve
      })
    }
  }

  async stop(): Promise<ThreadRecording[]> {
    await evaluateInWorkers(`${tracingSwitchExpression}?.stop()`)
    const { rings } = this
    this.rings = []
    return rings.map(({ thread, ring }) => ({ thread, ...ring.read() }))
  }
}
