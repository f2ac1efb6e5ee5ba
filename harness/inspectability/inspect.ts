import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findScenario } from '../../scenarios/index.ts'
import type { Workload } from '../../scenarios/scenario.ts'
import { type Child, describeExit, startChild } from '../child-process.ts'
import { Driver } from '../driver.ts'
import { RunError } from '../errors.ts'
import { DrivenSubject } from '../profile/driven-subject.ts'
import { readAnswer } from '../subject-answer.ts'
import { inspectable, PUSH_MESSAGE, placesOf, type Seams } from './places.ts'
import { type Question, questions, type Reach } from './reachable.ts'
import type { SampledNames } from './sampled-names.ts'
import type { SeenFrame } from './seen-frames.ts'
import { between, type Frame } from './stack.ts'
import type { ThreadReport } from './thread-report.ts'

const KILL_GRACE_MS = 5_000

/** What somebody sees who debugs a backend, counted. */
export interface Inspection {
  backend: string
  /** From the system call to the protocol. */
  receiving: Way
  /** From `pushMessage` to the system call. */
  sending: Way
  names: { thread: string; sampled: SampledNames }[]
}

export interface Way {
  /** The functions on the way, without its ends. */
  between: Frame[]
  /** What a debugger shows that stands in the system call, innermost first. */
  stack: SeenFrame[]
  nearest: Nearest
}

/** Per question, the answer with the fewest look-ups, of these the one nearest to the system call. */
export type Nearest = Partial<Record<Question, Reach & { frame: number }>>

/**
 * Watches a backend at work, loaded by the driver of a scenario, for so long.
 * @throws RunError where the subject fails, a function is not found, or nobody comes to it
 */
export async function inspect(
  backend: string,
  workload: Workload,
  windowMs: number,
): Promise<Inspection> {
  if (!inspectable.includes(backend)) {
    throw new RunError(
      `it is not known where ${backend} meets its sockets; known: ${inspectable.join(', ')}`,
    )
  }
  const directory = mkdtempSync(join(tmpdir(), 'sockbench-inspect-'))
  try {
    await watch(backend, workload, windowMs, directory)
    return inspectionOf(backend, reportsIn(directory))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function watch(
  backend: string,
  workload: Workload,
  windowMs: number,
  directory: string,
): Promise<void> {
  const scenario = findScenario(workload.scenario)
  if (scenario === undefined) throw new Error(`no scenario ${workload.scenario}`)
  const never = new AbortController().signal
  const quiet = { preparing: () => {}, warning: () => {} }
  const driver = await Driver.start(scenario.driver, workload, null, never, quiet)
  if (!(driver instanceof Driver)) throw new RunError(driver.reason)
  let child: Child | undefined
  try {
    child = await startChild({
      module: new URL('./inspected-subject.js', import.meta.url),
      args: [directory, backend],
      cpus: null,
      read: readAnswer,
    })
    const subject = await DrivenSubject.start(child, backend, workload, driver)
    if (!(subject instanceof DrivenSubject)) throw new RunError(`${backend}: ${subject.reason}`)
    const worked = await subject.work(windowMs)
    if (worked.state === 'failed') throw new RunError(`${backend}: ${worked.reason}`)
    await endOf(child, backend)
  } finally {
    await Promise.all([child?.stop({ graceMs: KILL_GRACE_MS }), driver.stop()])
  }
}

async function endOf(child: Child, backend: string): Promise<void> {
  const exit = await child.stop({ graceMs: KILL_GRACE_MS })
  if (exit.kind !== 'code' || exit.code !== 0) {
    throw new RunError(`${backend}: ${describeExit(exit)}`)
  }
}

function reportsIn(directory: string): ThreadReport[] {
  return readdirSync(directory)
    .sort()
    .map(name => JSON.parse(readFileSync(join(directory, name), 'utf8')) as ThreadReport)
}

/** @throws RunError where a place was never come to */
export function inspectionOf(backend: string, reports: readonly ThreadReport[]): Inspection {
  const stack = (seam: keyof Seams): SeenFrame[] => {
    const seen = reports.flatMap(({ stacks }) => (stacks[seam] === undefined ? [] : [stacks[seam]]))
    if (seen.length > 0) return seen[0]
    const [, place] = placesOf(backend).find(([name]) => name === seam) ?? []
    throw new RunError(
      `${backend}: no thread came often enough to ${place?.functionName} in ${place?.script}: it is called otherwise now, or not at all`,
    )
  }
  const [recv, handler, send] = [stack('recv'), stack('handler'), stack('send')]
  const pushed = send.findIndex(({ functionName }) => functionName === PUSH_MESSAGE)
  return {
    backend,
    receiving: { between: between(recv, handler), stack: recv, nearest: nearestOn(recv) },
    sending: {
      between: send.slice(1, pushed).toReversed(),
      stack: send,
      nearest: nearestOn(send),
    },
    names: reports.flatMap(({ thread, names }) =>
      names === null ? [] : [{ thread, sampled: names }],
    ),
  }
}

function nearestOn(stack: readonly SeenFrame[]): Nearest {
  const nearest: Nearest = {}
  for (const question of questions) {
    const answers = stack.flatMap(({ reached }, frame) => {
      const reach = reached[question]
      return reach === undefined ? [] : [{ ...reach, frame }]
    })
    const [best] = answers.sort((one, other) => one.lookUps - other.lookUps)
    if (best !== undefined) nearest[question] = best
  }
  return nearest
}
