import { findScenario } from '../../scenarios/index.ts'
import { mulberry32 } from '../../scenarios/random.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import { Driver, type DriverObserver } from '../driver.ts'
import { RunError } from '../errors.ts'
import { MeasuredSubject } from '../measured-subject.ts'
import type { Pinning } from '../pinning.ts'
import type { ProfiledProgram, ProfilePlan } from './profile-plan.ts'
import type { Stopwatch } from './stopwatch.ts'
import { type FailedTurn, type NativeTurn, roundOfTurns, type Turn } from './turns.ts'

export interface ProfileObserver extends DriverObserver {
  roundStarts: (round: number) => void
  turnFailed: (failed: FailedTurn) => void
}

export interface Taken {
  /** Of complete rounds, which are numbered anew. */
  turns: Turn[]
  rounds: number
  /** The same under perf. */
  native: NativeTurn[]
  nativeRounds: number
  failed: FailedTurn[]
}

/**
 * Carries out a plan. A round in which a subject failed is left out; if it is the first, there will be
 * no second. What the signal interrupts is left out, too.
 * @param directory where raw profiles go
 * @throws RunError where nothing was profiled
 */
export async function takeProfiles(
  plan: ProfilePlan,
  directory: string,
  signal: AbortSignal,
  observer: ProfileObserver,
  stopwatch: Stopwatch,
): Promise<Taken> {
  const taken: Taken = { turns: [], rounds: 0, native: [], nativeRounds: 0, failed: [] }
  const random = mulberry32(plan.seed)
  const driver = await stopwatch.time('preparing the workload', () =>
    preparedDriver(plan.workload, plan.pinning, signal, observer),
  )
  try {
    for (let round = 0; round < plan.rounds && !signal.aborted; round++) {
      observer.roundStarts(round)
      const { turns, native, failed } = await roundOfTurns(
        plan,
        round,
        driver,
        directory,
        random,
        signal,
        stopwatch,
      )
      if (signal.aborted) break
      taken.failed.push(...failed)
      for (const one of failed) observer.turnFailed(one)
      if (failed.length === 0) {
        taken.turns.push(...turns.map(turn => ({ ...turn, round: taken.rounds })))
        taken.rounds++
        taken.native.push(...native.map(turn => ({ ...turn, round: taken.nativeRounds })))
        if (native.length > 0) taken.nativeRounds++
      }
      if (taken.rounds === 0) break
    }
  } finally {
    await driver.stop()
  }
  if (taken.rounds === 0 && !signal.aborted) {
    const [{ program, reason }] = taken.failed
    throw new RunError(
      `${plan.programs[program].name} could not be profiled: ${reason}${hintFor(reason)}`,
    )
  }
  return taken
}

function hintFor(reason: string): string {
  return /no answer within|exit code/.test(reason)
    ? '; a revision from before `sockbench profile` knows no profiler: compare it with `sockbench compare`'
    : ''
}

/** A slice's time in a process that has been warmed up, with everything that comes with it. */
export async function sliceMsOf(
  workload: Workload,
  program: ProfiledProgram,
  pinning: Pinning | null,
  signal: AbortSignal,
  observer: DriverObserver,
): Promise<number> {
  const driver = await preparedDriver(workload, pinning, signal, observer)
  const subject = new MeasuredSubject(
    { ...program, name: `${program.name} alone`, arm: 'B' },
    driver,
    workload,
  )
  const giveUp = () => subject.interrupt()
  signal.addEventListener('abort', giveUp)
  try {
    await subject.start(pinning)
    for (const work of workload.warmUp) await subject.warmUp(work)
    const startMs = performance.now()
    let slices = 0
    while (slices < workload.slices && performance.now() - startMs < SIZING_MS) {
      if ((await subject.sliceMeasured()) === undefined) break
      slices++
    }
    if (subject.working) return (performance.now() - startMs) / slices
    const { outcome } = subject.sample(0)
    const reason = outcome.state === 'failed' ? `${outcome.stage}: ${outcome.reason}` : ''
    throw new RunError(`${program.name} could not be profiled: ${reason}`)
  } finally {
    signal.removeEventListener('abort', giveUp)
    await subject.stop()
    await driver.stop()
  }
}

const SIZING_MS = 400

async function preparedDriver(
  workload: Workload,
  pinning: Pinning | null,
  signal: AbortSignal,
  observer: DriverObserver,
): Promise<Driver> {
  const scenario = findScenario(workload.scenario)
  if (scenario === undefined) throw new Error(`no scenario ${workload.scenario}`)
  const cpus = pinning?.driver ?? null
  const driver = await Driver.start(scenario.driver, workload, cpus, signal, observer)
  if (driver instanceof Driver) return driver
  throw new RunError(driver.reason)
}
