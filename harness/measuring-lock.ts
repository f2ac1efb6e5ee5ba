import {
  closeSync,
  fchmodSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { RunError } from './errors.ts'

const lockHolder = z.strictObject({
  pid: z.int().positive(),
  /** In clock ticks after boot: tells the process from a later one with its number. */
  startTicks: z.number().nonnegative(),
  command: z.string(),
  /** UTC. */
  since: z.iso.datetime(),
})

/** Who measures on this machine. */
export type LockHolder = z.infer<typeof lockHolder>

export type MeasuringLock =
  | { state: 'held'; release: () => void }
  | { state: 'busy'; holder: LockHolder }

/** The same for all users of the machine, unless they choose another directory for what is temporary. */
const usualPath = () => join(tmpdir(), 'sockbench-measuring.lock')

/**
 * Two who measure at once measure each other. A lock whose holder is gone is taken over. It is given
 * back by `release`, and when this process exits.
 * @throws RunError where no lock can be made
 */
export function takeMeasuringLock(command: string, path: string = usualPath()): MeasuringLock {
  const startTicks = startTicksOf(process.pid) ?? 0
  const mine = { pid: process.pid, startTicks, command, since: new Date().toISOString() }
  // Whoever is in the way is alive, or moved out of it; only others who do the same cost a turn.
  for (let turn = 0; turn < 10; turn++) {
    if (create(path, mine)) return held(path, mine)
    const holder = readHolder(path)
    if (holder !== null && isAlive(holder)) return { state: 'busy', holder }
    removeStale(path)
  }
  throw new RunError(`cannot lock ${path}: others come and go too fast; try again`)
}

/** `sockbench gate` (pid 4711) has been measuring on this machine since … */
function busyText({ command, pid, since }: LockHolder): string {
  return `\`${command}\` (pid ${pid}) has been measuring on this machine since ${since}`
}

/**
 * For commands whose verdicts count.
 * @returns what releases it
 * @throws RunError where somebody else measures
 */
export function demandMeasuringLock(command: string, path: string = usualPath()): () => void {
  const lock = takeMeasuringLock(command, path)
  if (lock.state === 'held') return lock.release
  throw new RunError(`${busyText(lock.holder)}: wait until it is done, or stop it`)
}

/**
 * For commands that measure all the same. The lock is theirs until they exit, if they can have it.
 * @returns what a reader of their figures must know
 */
export function measuringWarnings(command: string, path: string = usualPath()): string[] {
  try {
    const lock = takeMeasuringLock(command, path)
    return lock.state === 'busy' ? [`${busyText(lock.holder)}: it disturbed this run`] : []
  } catch (error) {
    if (!(error instanceof RunError)) throw error
    return [`${error.message}; others may have measured at the same time`]
  }
}

/**
 * With its content from the first moment on: a link to a file that is whole, and new, for anybody may
 * have put a link to another in its place.
 */
function create(path: string, mine: LockHolder): boolean {
  const whole = `${path}.${mine.pid}`
  try {
    rmSync(whole, { force: true })
    const fd = openSync(whole, 'wx')
    try {
      fchmodSync(fd, 0o666)
      writeFileSync(fd, JSON.stringify(mine))
      linkSync(whole, path)
      return true
    } finally {
      closeSync(fd)
      rmSync(whole, { force: true })
    }
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new RunError(
      `cannot lock ${path}: ${codeOf(error)}; set TMPDIR to where files can be made`,
    )
  }
}

function held(path: string, mine: LockHolder): MeasuringLock {
  const release = () => {
    process.off('exit', release)
    const holder = readHolder(path)
    if (holder !== null && isSame(holder, mine)) rmSync(path, { force: true })
  }
  process.on('exit', release)
  return { state: 'held', release }
}

/**
 * Moved away first: if somebody else has taken it over meanwhile, it is theirs, and goes back. Only a
 * third who comes in between could then measure beside them.
 */
function removeStale(path: string): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw new RunError(
      `${path} is left from a process that is gone, and cannot be removed (${codeOf(error)}); remove it`,
    )
  }
  const moved = readHolder(aside)
  if (moved !== null && isAlive(moved)) putBack(aside, path)
  rmSync(aside, { force: true })
}

function putBack(aside: string, path: string): void {
  try {
    linkSync(aside, path)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

/** Null if there is none, or it cannot be made out. */
function readHolder(path: string): LockHolder | null {
  try {
    return lockHolder.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return null
  }
}

function isAlive({ pid, startTicks }: LockHolder): boolean {
  return startTicksOf(pid) === startTicks
}

function isSame(one: LockHolder, other: LockHolder): boolean {
  return one.pid === other.pid && one.startTicks === other.startTicks
}

/** Field 22 of /proc/PID/stat, null if there is no such process; proc(5). */
export function startTicksOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before these may itself hold spaces and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[22 - 3])
  } catch {
    return null
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
