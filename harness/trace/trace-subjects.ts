import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ThreadRecording } from '../../implementations/trace/process-tracing.ts'
import { findScenario } from '../../scenarios/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import { Driver, type DriverObserver } from '../driver.ts'
import { MeasuredSubject } from '../measured-subject.ts'
import { type Measurement, type Plan, type SubjectSpec, subjectsOfRound } from '../plan.ts'
import { programName } from '../program.ts'
import { type Lives, livesIn } from './lives.ts'
import { readRecording } from './traced-thread.ts'
import { type TracingCost, tracingCostOf } from './tracing-cost.ts'

export interface TracingOptions {
  windowMs: number
  /** Per thread; what comes when a ring is full ends the window. */
  capacityEvents: number
  signal: AbortSignal
  observer: TracingObserver
}

interface TracingObserver extends DriverObserver {
  tracingStarts: (workload: Workload, program: string) => void
}

/** A million events of 64 bytes per thread, touched as they are used. */
export const CAPACITY_EVENTS = 1 << 20

/** One subject that was traced, or why it was not. */
export type TracedSubject = {
  workload: Workload
  program: string
} & (
  | { state: 'traced'; recordings: ThreadRecording[]; lives: Lives; cost: TracingCost }
  | { state: 'failed'; reason: string }
)

/** A fresh subject of each program, one after the other; stops at once when the signal is aborted. */
export async function traceWorkload(
  plan: Pick<Plan, 'revisions' | 'pinning'>,
  measurement: Measurement,
  options: TracingOptions,
): Promise<TracedSubject[]> {
  const { workload } = measurement
  const { signal, observer } = options
  const scenario = findScenario(workload.scenario)
  if (scenario === undefined) throw new Error(`no scenario ${workload.scenario}`)
  const specs = subjectsOfRound(measurement, plan.revisions).filter(({ arm }) => arm !== "A'")
  const cpus = plan.pinning?.driver ?? null
  const driver = await Driver.start(scenario.driver, workload, cpus, signal, observer)
  if (!(driver instanceof Driver)) {
    const { reason } = driver
    return specs.map(spec => ({ workload, program: nameOf(spec), state: 'failed', reason }))
  }
  const traced: TracedSubject[] = []
  try {
    for (const spec of specs) {
      if (signal.aborted) break
      observer.tracingStarts(workload, nameOf(spec))
      traced.push(await traceSubject(plan, workload, spec, driver, options))
    }
  } finally {
    await driver.stop()
  }
  return traced
}

function nameOf({ backend, loops, revision }: SubjectSpec): string {
  return programName({ backend, loops, revision: revision.name })
}

async function traceSubject(
  { pinning }: Pick<Plan, 'pinning'>,
  workload: Workload,
  spec: SubjectSpec,
  driver: Driver,
  { windowMs, capacityEvents, signal }: TracingOptions,
): Promise<TracedSubject> {
  const subject = new MeasuredSubject(spec, driver, workload)
  const giveUp = () => subject.interrupt()
  signal.addEventListener('abort', giveUp)
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-trace-'))
  const recordings: ThreadRecording[] = []
  try {
    await subject.start(pinning)
    for (const work of workload.warmUp) await subject.warmUp(work)
    const { windowSlices, costPairs } = shareOfWork(workload)
    await measureSlices(subject, costPairs, 'off')
    await subject.startTracing(capacityEvents)
    const over = new AbortController()
    const serving = serveUntil(over.signal, subject, workload, windowSlices)
    await Promise.race([sleep(windowMs), serving])
    over.abort()
    for (const thread of await subject.stopTracing(directory))
      recordings.push(readRecording(thread))
    await serving
    await subject.startTracing(capacityEvents)
    await measureSlices(subject, costPairs, 'on')
    await subject.stopTracing(null)
  } finally {
    signal.removeEventListener('abort', giveUp)
    await subject.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  const program = nameOf(spec)
  const { outcome } = subject.sample(0)
  if (outcome.state === 'failed') {
    const { stage, reason } = outcome
    return { workload, program, state: 'failed', reason: `failed in ${stage}: ${reason}` }
  }
  const cost = tracingCostOf(outcome.slices, workload.unit)
  return { workload, program, state: 'traced', recordings, lives: livesIn(recordings), cost }
}

/** Slice after slice; the last one goes on when the window is over. */
async function serveUntil(
  over: AbortSignal,
  subject: MeasuredSubject,
  { sliceWork }: Workload,
  mostSlices: number,
): Promise<void> {
  for (let slice = 0; slice < mostSlices && !over.aborted && subject.working; slice++) {
    await subject.warmUp(sliceWork)
  }
}

/** A chain has an end: there are as many slices of blocks as a run would have measured and counted. */
function shareOfWork({ services, lives, slices, countingSlices }: Workload) {
  const downloads = services.some(({ protocol }) => protocol === 'p2p')
  const all = downloads ? slices + countingSlices : Number.POSITIVE_INFINITY
  const costPairs = Math.min(COST_PAIRS[lives], Math.floor(all / 4))
  return { windowSlices: all - 2 * costPairs, costPairs }
}

/**
 * Without a recorder, before there ever was one: V8 makes code anew when somebody subscribes, and what
 * it makes is slower also when nobody does any more. With one: odd groups.
 */
async function measureSlices(
  subject: MeasuredSubject,
  slices: number,
  recorder: 'off' | 'on',
): Promise<void> {
  for (let slice = 0; slice < slices && subject.working; slice++) {
    await subject.measureSlice(2 * slice + (recorder === 'on' ? 1 : 0), 0)
  }
}

/** Slices of those that live alone are long. */
const COST_PAIRS = { together: 12, alone: 3 } as const satisfies Record<Workload['lives'], number>
