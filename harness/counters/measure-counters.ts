import { setTimeout as sleep } from 'node:timers/promises'
import { findScenario } from '../../scenarios/index.ts'
import { Driver, type DriverObserver } from '../driver.ts'
import { RunError } from '../errors.ts'
import { MeasuredSubject } from '../measured-subject.ts'
import { participants } from '../participants.ts'
import type { Plan, SubjectSpec } from '../plan.ts'
import type { Revision } from '../revision.ts'
import { type CountedWorkload, countedWorkloads } from './counted-workloads.ts'
import { judge, type MeasuredCounters, type ProcessOutcome } from './judgement.ts'
import { processCounts } from './process-counts.ts'

export interface CountingOptions {
  revision: Revision
  /** Those that can take part in a workload are counted in it, unless it names its own. */
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
  /** Counts repeat exactly; this is for one event too many or too few in a thousand. */
  tolerancePercent: 0.1,
} satisfies Partial<CountingOptions>

export interface CountingObserver extends DriverObserver {
  countingStarts: (workload: CountedWorkload) => void
}

/**
 * Counts each workload in two fresh processes of each backend, and in up to two more until two agree.
 * Once the signal is aborted it returns what was finished before.
 * @throws RunError where the driver fails: that says nothing about any backend
 */
export async function measureCounters(options: CountingOptions): Promise<MeasuredCounters> {
  const measured: MeasuredCounters = { rows: [], failures: [] }
  for (const counted of options.workloads ?? countingDefaults.workloads) {
    const backends = participants(counted.backends ?? options.backends, counted.workload)
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
    if (signal.aborted) return { rows: [], failures: [] }
    throw driverFailure(name, driver.reason)
  }
  try {
    const outcomes: ProcessOutcome[] = []
    const { tolerancePercent = countingDefaults.tolerancePercent } = options
    const judgements = () =>
      backends.map(backend => judge(backend, counted, outcomes, tolerancePercent))
    let open = [...backends, ...backends]
    for (let attempt = 0; attempt < ATTEMPTS && open.length > 0; attempt++) {
      outcomes.push(...(await countProcesses(counted, open, attempt, driver, options)))
      if (signal.aborted) break
      if (!driver.running) throw driverFailure(name, firstReason(outcomes))
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

function driverFailure(workload: string, reason: string): RunError {
  return new RunError(
    `cannot count ${workload}: ${reason}; \`sockbench doctor\` says what is wrong with this machine`,
  )
}

function firstReason(outcomes: readonly ProcessOutcome[]): string {
  const [first] = outcomes.flatMap(({ counted }) => ('failed' in counted ? counted.failed : []))
  return first ?? 'the driver ended'
}

/** Of which the first is two processes. */
const ATTEMPTS = 3

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
