import { findScenario } from '../scenarios/index.ts'
import type { Workload } from '../scenarios/scenario.ts'
import { Driver, type DriverObserver } from './driver.ts'
import { MeasuredSubject } from './measured-subject.ts'
import { identityOf, type Measurement, mostRounds, type Plan, subjectsOfRound } from './plan.ts'
import type { ProcessSample } from './record.ts'
import { shuffled } from './shuffle.ts'

export interface RoundsObserver extends DriverObserver {
  roundStarts: (measurement: Measurement, round: number) => void
  subjectFailed: (workload: Workload, sample: ProcessSample) => void
}

/** Whether what was measured up to one of the looks before the last is enough. */
export type IsDecided = (processes: readonly ProcessSample[]) => boolean

/**
 * Measures one workload, round by round, each of fresh processes. Stops at a look that decides, between
 * rounds when the budget is used up, after a round in which all failed because the driver is gone, and
 * at once when the signal is aborted; the round that this interrupts is left out whole.
 */
export async function measureWorkload(
  plan: Plan,
  measurement: Measurement,
  isDecided: IsDecided,
  budgetMs: number | undefined,
  random: () => number,
  signal: AbortSignal,
  observer: RoundsObserver,
): Promise<ProcessSample[]> {
  const { workload, schedule } = measurement
  const scenario = findScenario(workload.scenario)
  if (scenario === undefined) throw new Error(`no scenario ${workload.scenario}`)
  const startMs = performance.now()
  const driver = await Driver.start(
    scenario.driver,
    workload,
    plan.pinning?.driver ?? null,
    signal,
    observer,
  )
  if (signal.aborted) return []
  if (!(driver instanceof Driver)) return nobodyStarted(plan, measurement, driver.reason, observer)
  const samples: ProcessSample[] = []
  try {
    for (let round = 0; round < mostRounds(schedule); round++) {
      if (!fitsBudget(round, performance.now() - startMs, budgetMs)) break
      if (schedule.looks.includes(round) && isDecided(samples)) break
      observer.roundStarts(measurement, round)
      const ofRound = await measureRound(plan, measurement, round, driver, random, signal)
      if (signal.aborted) break
      samples.push(...ofRound)
      for (const sample of ofRound) {
        if (sample.outcome.state === 'failed') observer.subjectFailed(workload, sample)
      }
      const allFailed = ofRound.every(({ outcome }) => outcome.state === 'failed')
      if (!driver.running && allFailed) break
    }
  } finally {
    await driver.stop()
  }
  return samples
}

/** Without its driver a workload has one round, in which every subject failed. */
function nobodyStarted(
  { revisions }: Plan,
  measurement: Measurement,
  reason: string,
  observer: RoundsObserver,
): ProcessSample[] {
  const { workload } = measurement
  const outcome = { state: 'failed', stage: 'start', reason } as const
  const samples = subjectsOfRound(measurement, revisions).map(spec => ({
    round: 0,
    ...identityOf(spec, workload),
    outcome,
  }))
  for (const sample of samples) observer.subjectFailed(workload, sample)
  return samples
}

/** Whether another round, taking as long as the earlier ones on average, still fits. */
export function fitsBudget(
  rounds: number,
  elapsedMs: number,
  budgetMs: number | undefined,
): boolean {
  if (budgetMs === undefined || rounds === 0) return true
  return elapsedMs + elapsedMs / rounds <= budgetMs
}

async function measureRound(
  plan: Plan,
  measurement: Measurement,
  round: number,
  driver: Driver,
  random: () => number,
  signal: AbortSignal,
): Promise<ProcessSample[]> {
  const { workload } = measurement
  const specs = subjectsOfRound(measurement, plan.revisions).map(spec => ({
    ...spec,
    name: `${spec.name} #${round}`,
  }))
  const subjects = shuffled(specs, random).map(spec => new MeasuredSubject(spec, driver, workload))
  const giveUp = () => {
    for (const subject of subjects) subject.interrupt()
  }
  signal.addEventListener('abort', giveUp)
  try {
    if (workload.lives === 'together') await measureTogether(plan, workload, subjects, random)
    else await measureOneByOne(plan, workload, subjects)
  } finally {
    signal.removeEventListener('abort', giveUp)
    await Promise.all(subjects.map(subject => subject.stop()))
  }
  return specs.flatMap(spec =>
    subjects.filter(subject => subject.spec === spec).map(subject => subject.sample(round)),
  )
}

/**
 * All alive at the same time: groups of slices, each group giving one slice to each subject in random
 * order while the others idle (or, to see what that buys, all slices to one subject after the other);
 * then some slices for each alone, for which it counts.
 */
async function measureTogether(
  { pinning, controls }: Plan,
  { warmUp, slices }: Workload,
  subjects: readonly MeasuredSubject[],
  random: () => number,
): Promise<void> {
  await Promise.all(subjects.map(subject => subject.start(pinning)))
  for (const work of warmUp) {
    for (const subject of subjects) await subject.warmUp(work)
  }
  for (const subject of subjects) await subject.rest()
  if (controls?.interleaved === false) {
    for (const [order, subject] of shuffled(subjects, random).entries()) {
      for (let group = 0; group < slices; group++) await subject.measureSlice(group, order)
    }
  } else {
    for (let group = 0; group < slices; group++) {
      for (const [order, subject] of shuffled(subjects, random).entries()) {
        await subject.measureSlice(group, order)
      }
    }
  }
  for (const subject of subjects) await subject.count()
}

/** One after the other, each from its start to its end, in the order given. */
async function measureOneByOne(
  { pinning }: Plan,
  { warmUp, slices }: Workload,
  subjects: readonly MeasuredSubject[],
): Promise<void> {
  for (const [order, subject] of subjects.entries()) {
    if (!subject.working) continue
    await subject.start(pinning)
    for (const work of warmUp) await subject.warmUp(work)
    await subject.rest()
    for (let group = 0; group < slices; group++) await subject.measureSlice(group, order)
    await subject.count()
    await subject.stop()
  }
}
