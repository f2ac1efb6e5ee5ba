import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'
import { readSysctl } from '../../machine-files.ts'

/** Not a divisor of anything that happens in a round number of ms. */
const FREQUENCY_HZ = 999
/** For perf to map what it needs, which takes half a second on a busy machine. */
const ANSWER_TIMEOUT_MS = 10_000
const MOST_BYTES = 1 << 29

/**
 * So that perf finds the names of compiled code in /tmp/perf-PID.map, and frames of functions that V8
 * interprets. The event is a clock's: virtual machines have no counters.
 */
export const flagsForPerf = [
  '--perf-basic-prof',
  '--interpreted-frames-native-stack',
  // V8 would keep a log beside these, in the current directory: on stdout, which goes nowhere
  '--no-logfile-per-isolate',
  '--logfile=-',
]

/** Why perf cannot record here, and how that changes; or null. */
export function perfProblem(): string | null {
  const tried = spawnSync('perf', ['record', '-q', '-e', 'cpu-clock', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  })
  if (tried.error !== undefined) return 'there is no perf here: install it (apt install linux-perf)'
  if (tried.status === 0) return null
  const paranoid = readSysctl('kernel.perf_event_paranoid') ?? 'unknown'
  return `perf may not record here (kernel.perf_event_paranoid is ${paranoid}): run as root, or sysctl -w kernel.perf_event_paranoid=1`
}

/** A recording of one process, which samples its threads while they are on a CPU. */
export class PerfRecording {
  readonly #child: ChildProcess
  readonly #pid: number
  readonly #path: string

  private constructor(child: ChildProcess, pid: number, path: string) {
    this.#child = child
    this.#pid = pid
    this.#path = path
  }

  /** @returns undefined where perf ended instead of recording */
  static async start(pid: number, path: string): Promise<PerfRecording | undefined> {
    const args = ['record', '-q', '-e', 'cpu-clock', '-F', String(FREQUENCY_HZ), '-g']
    const control = ['--delay=-1', '--control=fd:3,4', '-p', String(pid), '-o', path]
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] as const
    const child = spawn('perf', [...args, ...control], { stdio: [...stdio] })
    const recording = new PerfRecording(child, pid, path)
    if (await recording.#tell('enable')) return recording
    child.kill('SIGKILL')
    return undefined
  }

  /** @returns what `perf script` makes of it; undefined where it makes nothing */
  async stop(): Promise<string | undefined> {
    await this.#tell('disable')
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) {
      const exited = new Promise(resolve => this.#child.once('exit', resolve))
      this.#child.kill('SIGINT')
      const stuck = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_TIMEOUT_MS)
      await exited
      clearTimeout(stuck)
    }
    const fields = ['script', '-i', this.#path, '-F', 'comm,tid,ip,sym,dso']
    try {
      const { stdout } = await promisify(execFile)('perf', fields, { maxBuffer: MOST_BYTES })
      return stdout
    } catch {
      return undefined
    } finally {
      rmSync(`/tmp/perf-${this.#pid}.map`, { force: true })
    }
  }

  /** perf answers each command once it has carried it out: perf-record(1), --control. */
  #tell(command: 'enable' | 'disable'): Promise<boolean> {
    const [, , , commands, answers] = this.#child.stdio
    return new Promise(resolve => {
      const timer = setTimeout(resolve, ANSWER_TIMEOUT_MS, false)
      const finish = (done: boolean) => {
        clearTimeout(timer)
        resolve(done)
      }
      ;(answers as Readable).once('data', () => finish(true))
      this.#child.once('error', () => finish(false))
      this.#child.once('exit', () => finish(false))
      ;(commands as Writable).on('error', () => finish(false))
      ;(commands as Writable).write(`${command}\n`)
    })
  }
}
