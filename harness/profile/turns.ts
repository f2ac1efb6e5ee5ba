import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { makeRealTime } from '../../implementations/sock/scheduling.ts'
import type { Driver } from '../driver.ts'
import { listDirectory, readText } from '../machine-files.ts'
import { MeasuredSubject, type SliceMeasured } from '../measured-subject.ts'
import type { SubjectProcess } from '../revision.ts'
import { shuffled } from '../shuffle.ts'
import type { ProfileFile } from '../subject-protocol.ts'
import type { Window } from './cpu-profile.ts'
import { flagsForPerf, PerfRecording } from './native/perf.ts'
import {
  hasPlainTurns,
  PLAIN_SHARE,
  type ProfiledProgram,
  type ProfilePlan,
} from './profile-plan.ts'
import type { Stopwatch } from './stopwatch.ts'

/** All that one process does in a round. */
export interface Turn {
  /** Its place in the plan. */
  program: number
  round: number
  slices: SliceMeasured[]
  /** When the slices were. */
  windows: Window[]
  /** By how much the counters rose meanwhile. */
  counts: Record<string, number>
  /** Null of a turn without a profile. */
  profiles: ProfileFile[] | null
  /** Whether its samples were taken when they were due. */
  prompt: boolean
}

/** The same under perf, and without V8's profiler. */
export type NativeTurn = Pick<Turn, 'program' | 'round' | 'slices'> & { perfScript: string }

export interface FailedTurn {
  program: number
  round: number
  reason: string
}

export type RoundOfTurns = { turns: Turn[]; native: NativeTurn[]; failed: FailedTurn[] }

type Way = 'profiled' | 'plain' | 'native'

/** Long enough for a thread that sleeps in its poll, and for a hundred megabytes of samples. */
const PROFILE_TIMEOUT_MS = 5_000

/**
 * One round: fresh processes of every program, one to be profiled and perhaps one not to be. They start
 * together; then each has its turn, in random order, while the others idle: the profiler, the warm-up,
 * the slices. The profiler is there before the warm-up because V8 tells it the name of code that it
 * compiles, and of code that it had compiled before only if it is not a loop that never ends.
 */
export async function roundOfTurns(
  plan: ProfilePlan,
  round: number,
  driver: Driver,
  directory: string,
  random: () => number,
  signal: AbortSignal,
  stopwatch: Stopwatch,
): Promise<RoundOfTurns> {
  const { workload, programs, pinning } = plan
  const players = programs.flatMap((program, i) =>
    waysOf(plan, round).map(way => ({
      program: i,
      way,
      subject: new MeasuredSubject(specOf(program, round, way), driver, workload),
    })),
  )
  const giveUp = () => {
    for (const { subject } of players) subject.interrupt()
  }
  signal.addEventListener('abort', giveUp)
  const result: RoundOfTurns = { turns: [], native: [], failed: [] }
  try {
    const together = workload.lives === 'together'
    if (together) {
      await stopwatch.time('starting processes', () =>
        Promise.all(players.map(({ subject }) => subject.start(pinning))),
      )
    }
    for (const { program, way, subject } of shuffled(players, random)) {
      if (signal.aborted) break
      if (!together) await stopwatch.time('starting processes', () => subject.start(pinning))
      const into = join(directory, programs[program].slug, roundName(round))
      if (way === 'native') {
        const turn = await nativeTurnOf(plan, subject, into, stopwatch)
        if (turn !== null) result.native.push({ program, round, ...turn })
        else result.failed.push({ program, round, reason: reasonOf(subject, round) })
      } else {
        const turn = await turnOf(plan, subject, way === 'profiled' ? into : null, stopwatch)
        if (turn !== null) result.turns.push({ program, round, ...turn })
        else result.failed.push({ program, round, reason: reasonOf(subject, round) })
      }
      if (!together) await stopwatch.time('stopping processes', () => subject.stop())
    }
  } finally {
    signal.removeEventListener('abort', giveUp)
    await stopwatch.time('stopping processes', () =>
      Promise.all(players.map(({ subject }) => subject.stop())),
    )
  }
  return result
}

function waysOf({ rounds, native }: ProfilePlan, round: number): Way[] {
  if (!hasPlainTurns(round, rounds)) return ['profiled']
  return native ? ['profiled', 'plain', 'native'] : ['profiled', 'plain']
}

/** @returns null if it has failed */
async function nativeTurnOf(
  { workload, slices: wanted, turnMs }: ProfilePlan,
  subject: MeasuredSubject,
  directory: string,
  stopwatch: Stopwatch,
): Promise<Pick<NativeTurn, 'slices' | 'perfScript'> | null> {
  await stopwatch.time('warming up', async () => {
    for (const work of workload.warmUp) await subject.warmUp(work)
  })
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'perf.data')
  const recording = await stopwatch.time('perf', () => PerfRecording.start(subject.pid, path))
  if (recording === undefined) return null
  const { slices } = await stopwatch.time('with perf', () => served(subject, wanted, turnMs))
  const perfScript = await stopwatch.time('perf', () => recording.stop())
  return subject.working && perfScript !== undefined ? { slices, perfScript } : null
}

/** As many slices as there are to be, or as fit the time. */
async function served(
  subject: MeasuredSubject,
  wanted: number,
  turnMs: number | null,
): Promise<Pick<Turn, 'slices' | 'windows'>> {
  const slices: SliceMeasured[] = []
  const windows: Window[] = []
  const endMs = turnMs === null ? Number.POSITIVE_INFINITY : performance.now() + turnMs
  for (let i = 0; i < wanted && performance.now() < endMs; i++) {
    const fromUs = monotonicUs()
    const slice = await subject.sliceMeasured()
    if (slice === undefined) break
    slices.push(slice)
    windows.push({ fromUs, toUs: monotonicUs() })
  }
  return { slices, windows }
}

/** @returns null if it has failed */
async function turnOf(
  plan: ProfilePlan,
  subject: MeasuredSubject,
  directory: string | null,
  stopwatch: Stopwatch,
): Promise<Omit<Turn, 'program' | 'round'> | null> {
  const { workload, intervalUs } = plan
  let prompt = true
  if (directory !== null) {
    await stopwatch.time('profiler', async () => {
      await subject.ask({ kind: 'profile-start', intervalUs }, 'profiling', PROFILE_TIMEOUT_MS)
      if (!hasPromptSamplers(subject.pid)) prompt = false
    })
  }
  await stopwatch.time('warming up', async () => {
    for (const work of workload.warmUp) await subject.warmUp(work)
  })
  const before = await subject.counts()
  const share = directory === null ? PLAIN_SHARE : 1
  const { slices, windows } = await stopwatch.time(
    directory === null ? 'without profiler' : 'with profiler',
    () => served(subject, plan.slices * share, plan.turnMs && plan.turnMs * share),
  )
  const counts = rise(before, await subject.counts())
  const profiles =
    directory === null
      ? null
      : await stopwatch.time('profiler', () => stoppedProfile(subject, directory))
  if (!subject.working || profiles === undefined) return null
  return { slices, windows, counts, profiles, prompt }
}

async function stoppedProfile(
  subject: MeasuredSubject,
  directory: string,
): Promise<ProfileFile[] | undefined> {
  mkdirSync(directory, { recursive: true })
  const answer = await subject.ask(
    { kind: 'profile-stop', directory },
    'profiled',
    PROFILE_TIMEOUT_MS,
  )
  return answer?.files
}

/**
 * V8 samples a thread from another one, which shares its CPU and has to interrupt it there and then: as
 * an ordinary thread it would be let in when the other sleeps, and find it asleep.
 * @returns whether they may
 */
function hasPromptSamplers(pid: number): boolean {
  const tasks = `/proc/${pid}/task`
  const samplers = listDirectory(tasks).filter(
    tid => readText(`${tasks}/${tid}/comm`)?.trim() === SAMPLER_NAME,
  )
  return samplers.length > 0 && samplers.every(tid => makeRealTime(Number(tid)) === null)
}

/** V8's SamplingEventsProcessor. */
const SAMPLER_NAME = 'v8:ProfEvntProc'

/**
 * Of inlined functions V8 keeps the names in code that it compiles while it is profiled, or if told to;
 * the code is the same.
 */
function specOf({ name, backend, loops, revision }: ProfiledProgram, round: number, way: Way) {
  const process = withFlags(revision.process, flagsOf[way])
  const spec = { backend, loops, revision: { ...revision, process }, arm: 'B' as const }
  return { ...spec, name: `${name} ${way} #${round}` }
}

function withFlags(process: SubjectProcess, execArgv: readonly string[]): SubjectProcess {
  return 'module' in process ? { ...process, execArgv } : process
}

const flagsOf: Record<Way, readonly string[]> = {
  profiled: ['--detailed-line-info'],
  plain: [],
  native: flagsForPerf,
}

function reasonOf(subject: MeasuredSubject, round: number): string {
  const { outcome } = subject.sample(round)
  return outcome.state === 'failed'
    ? `${outcome.stage}: ${outcome.reason}`
    : 'no profile came of it'
}

function roundName(round: number): string {
  return `round-${String(round + 1).padStart(2, '0')}`
}

function rise(
  before: Record<string, number>,
  after: Record<string, number>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, total]) => [name, total - (before[name] ?? 0)]),
  )
}

/** As V8 stamps its samples. */
function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n)
}
