import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { findScenario } from '../../../scenarios/index.ts'
import type { Workload } from '../../../scenarios/scenario.ts'
import { type Child, describeExit } from '../../child-process.ts'
import { Driver, type DriverObserver } from '../../driver.ts'
import { DrivenSubject, type Failed, type Worked } from '../driven-subject.ts'
import { dataIn, pageOf } from './artefact.ts'
import { drawPage, startClinic } from './clinic-process.ts'
import type { Clinic } from './find-clinic.ts'
import { diagnosisOn, seenBy } from './seen.ts'
import type { ClinicThread, ClinicTool } from './tools.ts'

export interface ClinicSession {
  clinic: Clinic
  tool: ClinicTool
  /** For clinic-flame; the others know no threads. */
  thread: ClinicThread
  backend: string
  workload: Workload
  /** For so long, after its warm-up, the subject works. clinic records the warm-up, too. */
  windowMs: number
  /** So long clinic may take to write its data once the subject was told to end, and its page after that. */
  patienceMs: number
}

export const PATIENCE_MS = 60_000

const KILL_GRACE_MS = 1_000

export interface ClinicProfile {
  state: 'written'
  /** Paths. */
  page: string
  data: string
  worked: Worked
  /** What of the subject it shows, in words. */
  seen: string
}

/**
 * One subject under clinic, loaded by the driver of its scenario as in every run.
 * @param directory empty, with a short name; what clinic wrote is in it
 */
export async function profileWithClinic(
  session: ClinicSession,
  directory: string,
  signal: AbortSignal,
  observer: DriverObserver,
): Promise<ClinicProfile | Failed> {
  const worked = await record(session, directory, signal, observer)
  if (worked.state === 'failed') return worked
  const { tool, thread } = session
  const found = dataIn(directory, tool)
  if ('reason' in found) return found
  const { data } = found
  const seen = seenBy(tool.name, thread, data)
  const drawn = await draw(session, data, directory, signal)
  if ('reason' in drawn) return drawn
  const { page } = drawn
  const diagnosis =
    tool.name === 'clinic-doctor' ? diagnosisOn(readFileSync(page, 'utf8')) : undefined
  return { state: 'written', page, data, worked, seen: diagnosis ?? seen }
}

async function record(
  session: ClinicSession,
  directory: string,
  signal: AbortSignal,
  observer: DriverObserver,
): Promise<Worked | Failed> {
  const { clinic, tool, thread, workload, patienceMs } = session
  const scenario = findScenario(workload.scenario)
  if (scenario === undefined) throw new Error(`no scenario ${workload.scenario}`)
  const driver = await Driver.start(scenario.driver, workload, null, signal, observer)
  if (!(driver instanceof Driver)) return { state: 'failed', reason: driver.reason }
  const child = startClinic(clinic, tool, thread, directory)
  const kill = () => void child.stop({ graceMs: KILL_GRACE_MS })
  signal.addEventListener('abort', kill)
  if (signal.aborted) kill()
  try {
    const worked = await work(session, child, driver)
    if (worked.state === 'failed') return worked
    return (await endOf(child, tool, patienceMs)) ?? worked
  } finally {
    signal.removeEventListener('abort', kill)
    await Promise.all([child.stop({ graceMs: KILL_GRACE_MS }), driver.stop()])
  }
}

async function work(
  { backend, workload, windowMs }: ClinicSession,
  child: Child,
  driver: Driver,
): Promise<Worked | Failed> {
  const subject = await DrivenSubject.start(child, backend, workload, driver)
  return subject instanceof DrivenSubject ? subject.work(windowMs) : subject
}

/** The subject ends, and clinic writes down what it has recorded. */
async function endOf(
  child: Child,
  { name }: ClinicTool,
  patienceMs: number,
): Promise<Failed | undefined> {
  child.send({ kind: 'stop' })
  const inTime = new AbortController()
  const exit = await Promise.race([
    child.exited,
    sleep(patienceMs, undefined, { signal: inTime.signal }).catch(() => undefined),
  ])
  inTime.abort()
  if (exit === undefined) return late(name, 'data', patienceMs)
  if (exit.kind === 'code' && exit.code === 0) return undefined
  return { state: 'failed', reason: `${name}: ${describeExit(exit)}` }
}

async function draw(
  { clinic, tool, patienceMs }: ClinicSession,
  data: string,
  directory: string,
  signal: AbortSignal,
): Promise<{ page: string } | Failed> {
  const patience = AbortSignal.timeout(patienceMs)
  const drawn = await drawPage(clinic, tool, data, {
    directory,
    signal: AbortSignal.any([signal, patience]),
  })
  if (drawn.state === 'done') return pageOf(data, tool)
  if (patience.aborted) return late(tool.name, 'page', patienceMs)
  const words = drawn.words.find(line => /^\w*Error: /.test(line)) ?? drawn.words.at(-1) ?? ''
  return { state: 'failed', reason: `${tool.name} (page): ${drawn.reason}: ${words.slice(0, 300)}` }
}

function late(name: string, what: string, patienceMs: number): Failed {
  return { state: 'failed', reason: `${name} wrote no ${what} within ${patienceMs / 1000} s` }
}
