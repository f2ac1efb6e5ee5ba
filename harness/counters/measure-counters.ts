import { setTimeout as sleep } from 'node:timers/promises'
import { findScenario } from '../../scenarios/index.ts'
import { Driver, type DriverObserver } from '../driver.ts'
import { MeasuredSubject } from '../measured-subject.ts'
import { participants } from '../participants.ts'
import type { Plan, SubjectSpec } from '../plan.ts'
import type { Revision } from '../revision.ts'
import { type Agreement, agreements } from './agreement.ts'
import { type CountedWorkload, countedWorkloads } from './counted-workloads.ts'
import { type Counts, type ProcessCounts, processCounts } from './process-counts.ts'

export interface CountingOptions {
  revision: Revision
  /** Those that can take part in a workload are counted in it. */
  backends: readonly string[]
  workloads?: readonly CountedWorkload[]
  /** By how much two processes may differ. */
  tolerancePercent?: number
  pinning: Plan['pinning']
  signal: AbortSignal
  observer: CountingObserver
}

export const countingDefaults = {
  workloads: countedWorkloads,
  /** What allocation by chance may do; all that was seen repeats exactly. */
  tolerancePercent: 0.1,
} satisfies Partial<CountingOptions>

export interface CountingObserver extends DriverObserver {
  countingStarts: (workload: CountedWorkload) => void
}

export interface MeasuredCounters {
  rows: CountedRow[]
  failures: CountingFailure[]
}

/** What one backend counts in one workload, per unit. */
export interface CountedRow {
  workload: string
  backend: string
  /** The workload's, or `idle poll`: an iteration of the poll loop in which nothing occurred. */
  unit: string
  counters: Record<string, Agreement>
}

/** A backend of which nothing can be said in this workload. */
export interface CountingFailure {
  workload: string
  backend: string
  reason: string
}

/**
 * Counts each workload in two fresh processes of each backend, and in up to two more until two agree.
 * Once the signal is aborted it returns what was finished before.
 */
export async function measureCounters(options: CountingOptions): Promise<MeasuredCounters> {
  const measured: MeasuredCounters = { rows: [], failures: [] }
  for (const counted of options.workloads ?? countingDefaults.workloads) {
    const backends = participants(options.backends, counted.workload)
    if (backends.length === 0) continue
    options.observer.countingStarts(counted)
    const { rows, failures } = await countWorkload(counted, backends, options)
    if (options.signal.aborted) break
    measured.rows.push(...rows)
    measured.failures.push(...failures)
  }
  return measured
}

async function countWorkload(
  counted: CountedWorkload,
  backends: readonly string[],
  options: CountingOptions,
): Promise<MeasuredCounters> {
  const { name, workload } = counted
  const scenario = findScenario(workload.scenario)
  if (scenario === undefined) throw new Error(`no scenario ${workload.scenario}`)
  const { pinning, signal, observer } = options
  const cpus = pinning?.driver ?? null
  const driver = await Driver.start(scenario.driver, workload, cpus, signal, observer)
  if (!(driver instanceof Driver)) {
    const { reason } = driver
    return { rows: [], failures: backends.map(backend => ({ workload: name, backend, reason })) }
  }
  try {
    const outcomes: ProcessOutcome[] = []
    const judgements = () => backends.map(backend => judge(backend, counted, outcomes, options))
    let open = [...backends, ...backends]
    for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
      outcomes.push(...(await countProcesses(counted, open, attempt, driver, options)))
      if (signal.aborted) break
      open = judgements().flatMap(({ backend, decided }) => (decided ? [] : [backend]))
    }
    const judged = judgements()
    return {
      rows: judged.flatMap(({ rows }) => rows),
      failures: judged.flatMap(({ failures }) => failures),
    }
  } finally {
    await driver.stop()
  }
}

/** Of which the first is two processes. */
const ATTEMPTS = 3

interface ProcessOutcome {
  backend: string
  counted: ProcessCounts | { failed: string }
}

/** One process for each of these names, all alive together; each counts alone. */
async function countProcesses(
  { workload }: CountedWorkload,
  backends: readonly string[],
  attempt: number,
  driver: Driver,
  { revision, pinning, signal }: CountingOptions,
): Promise<ProcessOutcome[]> {
  const specs = backends.map((backend, i): SubjectSpec => {
    const [loops] = workload.loops
    return { name: `${backend} #${attempt}.${i}`, backend, loops, revision, arm: 'B' }
  })
  const subjects = specs.map(spec => new MeasuredSubject(spec, driver, workload))
  const giveUp = () => {
    for (const subject of subjects) subject.interrupt()
  }
  signal.addEventListener('abort', giveUp)
  try {
    await Promise.all(subjects.map(subject => subject.start(pinning)))
    for (const work of workload.warmUp) {
      for (const subject of subjects) await subject.warmUp(work)
    }
    await sleep(SETTLE_MS)
    await Promise.all(subjects.map(subject => subject.rest()))
    for (const subject of subjects) await subject.count()
  } finally {
    signal.removeEventListener('abort', giveUp)
    await Promise.all(subjects.map(subject => subject.stop()))
  }
  return subjects.map(subject => {
    const { outcome } = subject.sample(0)
    const failed = outcome.state === 'failed'
    return {
      backend: subject.spec.backend,
      counted: failed ? { failed: `${outcome.stage}: ${outcome.reason}` } : processCounts(outcome),
    }
  })
}

/** What the last warm-up has set off is over by then. */
const SETTLE_MS = 20

interface Judgement extends MeasuredCounters {
  backend: string
  /** More processes would change nothing. */
  decided: boolean
}

/** Of one backend: its rows, or, if one of its processes failed, that alone. */
function judge(
  backend: string,
  { name: workload, unit, restsConnected }: CountedWorkload,
  outcomes: readonly ProcessOutcome[],
  { tolerancePercent = countingDefaults.tolerancePercent }: CountingOptions,
): Judgement {
  const processes: ProcessCounts[] = []
  for (const { counted } of outcomes.filter(outcome => outcome.backend === backend)) {
    if ('failed' in counted) {
      const failure = { workload, backend, reason: counted.failed }
      return { backend, decided: true, rows: [], failures: [failure] }
    }
    processes.push(counted)
  }
  const undisturbed = processes.filter(({ timeouts }) => restsConnected || timeouts === 0)
  const enough = undisturbed.length >= 2
  const counters = (all: readonly ProcessCounts[], pick: (process: ProcessCounts) => Counts) =>
    agreements(all.map(pick), tolerancePercent)
  const ofWork = counters(enough ? undisturbed : processes, ({ perUnit }) => perUnit)
  const ofRest = counters(processes, ({ perIdlePoll }) => perIdlePoll)
  const agreed = [...Object.values(ofWork), ...Object.values(ofRest)]
  return {
    backend,
    decided: enough && agreed.every(({ state }) => state === 'stable'),
    rows: [
      { workload, backend, unit, counters: ofWork },
      { workload, backend, unit: IDLE_POLL, counters: ofRest },
    ],
    failures: [],
  }
}

const IDLE_POLL = 'idle poll'
