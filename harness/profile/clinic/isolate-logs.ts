import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { ClinicThread } from './tools.ts'

/** V8's, of --prof: one per thread, in the working directory. */
const logName = /^isolate-\w+-\d+-(\d+)-v8\.log$/

/** Of each thread but the chosen one, out of clinic's sight: it shows any of them, and no other. */
const aside = 'other-threads'

/**
 * Leaves clinic-flame the log of one thread of this process. With no log there is nothing to do: it is
 * another tool. Where none is the chosen thread's, all go, and clinic-flame says that there is none.
 */
export function leaveLogsOf(thread: ClinicThread, directory: string = process.cwd()): void {
  const logs = readdirSync(directory).filter(
    name => logName.exec(name)?.[1] === String(process.pid),
  )
  const [chosen] = logs
    .map(name => ({ name, log: readFileSync(join(directory, name), 'latin1') }))
    .filter(({ log }) => threadOf(log) === thread)
    .sort((one, other) => ticksIn(other.log) - ticksIn(one.log))
  for (const name of logs) {
    if (name === chosen?.name) continue
    mkdirSync(join(directory, aside), { recursive: true })
    renameSync(join(directory, name), join(directory, aside, name))
  }
}

/** By what it has compiled, which is what it has run: functions of the entry module of threads. */
export function threadOf(log: string): ClinicThread {
  if (hasRun(log, 'runSocketThread')) return 'socket'
  return hasRun(log, 'serviceOf') ? 'handler' : 'main'
}

function hasRun(log: string, name: string): boolean {
  return new RegExp(`^code-creation,\\w+,.*,${name} file:\\S+/thread-main\\.js:`, 'm').test(log)
}

/** Several handler threads: the busiest. */
function ticksIn(log: string): number {
  return log.match(/^tick,/gm)?.length ?? 0
}
