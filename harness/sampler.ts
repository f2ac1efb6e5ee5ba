import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { RunError } from './errors.ts'

const quietTries = 20
const quietGapMs = 1

/** One thread's counters since it started, in ns. */
export interface ThreadReading {
  /** /proc/PID/task/TID/comm. */
  name: string
  cpuNs: number
  /** Ready to run, and waiting for a CPU. */
  waitNs: number
  /** In user mode and in the kernel: `cpuNs` as ticks found it divided, in hundredths of a second. */
  userTicks: number
  kernelTicks: number
  /** On a CPU or waiting for one: `cpuNs` is then up to one scheduler tick (1 to 10 ms) old. */
  running: boolean
}

export type ThreadReadings = Map<number, ThreadReading>

export interface QuietSample {
  /** 'quiet': exact. 'busy': some thread ran at every try, and the readings are that inexact. */
  state: 'quiet' | 'busy'
  /** When the threads were read, by `performance.now`. */
  atMs: number
  threads: ThreadReadings
}

export interface CpuUse {
  cpuNs: number
  waitNs: number
}

/**
 * CPU time and run-queue wait of every thread of a process, from /proc/PID/task/TID/schedstat
 * (Documentation/scheduler/sched-stats.rst): from outside, so that it works for any process.
 */
export class ThreadSampler {
  readonly #taskDirectory: string
  readonly #last: ThreadReadings = new Map()

  constructor(pid: number) {
    const problem = schedstatProblem()
    if (problem !== null) throw new RunError(problem)
    this.#taskDirectory = `/proc/${pid}/task`
  }

  /** By thread id. A thread that is gone keeps its last reading, so that sums never go down. */
  sample(): ThreadReadings {
    for (const [tid, reading] of this.#last) this.#last.set(tid, { ...reading, running: false })
    for (const tid of listThreads(this.#taskDirectory)) {
      const reading = readThread(`${this.#taskDirectory}/${tid}`)
      if (reading !== null) this.#last.set(Number(tid), reading)
    }
    return new Map(this.#last)
  }

  /**
   * Samples until no thread runs: the kernel brings a thread's counters up to date when it goes to
   * sleep, and a reading looks at its state first. Gives up after 20 tries.
   * @param otherwise which reading to take then: ahead of work the last one is nearest to it, after
   *   work the first one, which is taken before this returns
   */
  async sampleWhenQuiet(otherwise: 'first' | 'last'): Promise<QuietSample> {
    const first = this.sampleNow()
    let last = first
    for (let tries = 0; tries < quietTries && last.state === 'busy'; tries++) {
      await sleep(quietGapMs)
      last = this.sampleNow()
    }
    return last.state === 'busy' && otherwise === 'first' ? first : last
  }

  sampleNow(): QuietSample {
    const atMs = performance.now()
    const threads = this.sample()
    return { state: isQuiet(threads) ? 'quiet' : 'busy', atMs, threads }
  }
}

/**
 * What each thread used between two samples of one process: threads with a name in `names` by
 * name (added up if several share it, or are numbered, as `name.0`), all others together as 'other'.
 */
export function difference(
  before: ThreadReadings,
  after: ThreadReadings,
  names: readonly string[],
): Record<string, CpuUse> {
  const use: Record<string, CpuUse> = { other: { cpuNs: 0, waitNs: 0 } }
  for (const [tid, now] of after) {
    const name = storedName(now.name, names)
    const then = before.get(tid)
    const start = then !== undefined && isLater(now, then) ? then : { cpuNs: 0, waitNs: 0 }
    const sum = use[name] ?? { cpuNs: 0, waitNs: 0 }
    use[name] = {
      cpuNs: sum.cpuNs + now.cpuNs - start.cpuNs,
      waitNs: sum.waitNs + now.waitNs - start.waitNs,
    }
  }
  return use
}

/** What the kernel's ticks say of CPU time: a sample of a hundred or more a second. */
export interface CpuModes {
  userNs: number
  kernelNs: number
}

/** `difference`, by mode: over several seconds it tells a share within a few per cent. */
export function modesBetween(
  before: ThreadReadings,
  after: ThreadReadings,
  names: readonly string[],
): Record<string, CpuModes> {
  const modes: Record<string, CpuModes> = {}
  for (const [tid, now] of after) {
    const then = before.get(tid)
    const start = then !== undefined && isLater(now, then) ? then : { userTicks: 0, kernelTicks: 0 }
    const name = storedName(now.name, names)
    const sum = modes[name] ?? { userNs: 0, kernelNs: 0 }
    modes[name] = {
      userNs: sum.userNs + NS_PER_TICK * (now.userTicks - start.userTicks),
      kernelNs: sum.kernelNs + NS_PER_TICK * (now.kernelTicks - start.kernelTicks),
    }
  }
  return modes
}

/** USER_HZ is 100 on every architecture that Node runs on; proc_pid_stat(5). */
const NS_PER_TICK = 1e7

function storedName(comm: string, names: readonly string[]): string {
  const unnumbered = comm.replace(/\.\d+$/, '')
  return names.includes(unnumbered) ? unnumbered : 'other'
}

/** Counters that went down belong to a new thread that was given the number of an old one. */
function isLater(now: CpuUse, then: CpuUse): boolean {
  return now.cpuNs >= then.cpuNs && now.waitNs >= then.waitNs
}

/** Why this kernel cannot tell a thread's CPU time in nanoseconds, or null if it can. */
export function schedstatProblem(): string | null {
  const reading = readThread('/proc/self')
  if (reading === null)
    return '/proc/self/schedstat cannot be read: a kernel built with CONFIG_SCHED_INFO and a mounted /proc are needed'
  // without CONFIG_SCHEDSTATS the file may be there and all zeros (kernel/sched/stats.h, sched_info_on)
  if (reading.cpuNs === 0)
    return '/proc/self/schedstat counts nothing: boot with delayacct, or use a kernel with CONFIG_SCHEDSTATS'
  return null
}

function listThreads(taskDirectory: string): string[] {
  try {
    return readdirSync(taskDirectory)
  } catch {
    return [] // the process is gone
  }
}

/** `stat` is read first: a thread that sleeps in it has counters that were exact at that moment. */
function readThread(directory: string): ThreadReading | null {
  try {
    const stat = readFileSync(`${directory}/stat`, 'utf8')
    const [cpuNs, waitNs] = readFileSync(`${directory}/schedstat`, 'utf8').split(' ').map(Number)
    // "TID (name) S …": the name may contain anything, parentheses too (proc(5))
    const nameEnd = stat.lastIndexOf(')')
    const name = stat.slice(stat.indexOf('(') + 1, nameEnd)
    const [state, ...fields] = stat.slice(nameEnd + 2).split(' ')
    const [userTicks, kernelTicks] = fields.slice(10).map(Number)
    return { name, cpuNs, waitNs, userTicks, kernelTicks, running: state === 'R' }
  } catch {
    return null // the thread is gone
  }
}

/** Equal counters of a running thread only say that no scheduler tick came in between. */
export function isQuiet(threads: ThreadReadings): boolean {
  for (const { running } of threads.values()) if (running) return false
  return true
}
