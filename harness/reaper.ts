import { exitOnSignals } from './interruption.ts'

/**
 * The process groups this process started and that may still live. A group's id is the pid of the
 * child that leads it. Nothing outside this set is ever signalled.
 */
const groups = new Set<number>()
let watching = false

/** From now on the group dies with this process, whichever way that goes (SIGKILL: see exit-with-parent.ts). */
export function adoptGroup(pgid: number): void {
  if (!watching) {
    watching = true
    process.on('exit', killAllGroups)
    exitOnSignals()
  }
  groups.add(pgid)
}

/** Signals every process of an adopted group; nothing happens once it is released. */
export function signalGroup(pgid: number, signal: NodeJS.Signals): void {
  if (!groups.has(pgid)) return
  try {
    process.kill(-pgid, signal)
  } catch (error) {
    // ESRCH: everyone in it is gone already, which is what was wanted
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * To be called as soon as the group's leader was reaped: kills what it left behind and forgets the
 * number, which the kernel may give to somebody else from now on.
 */
export function releaseGroup(pgid: number): void {
  signalGroup(pgid, 'SIGKILL')
  groups.delete(pgid)
}

function killAllGroups(): void {
  for (const pgid of groups) signalGroup(pgid, 'SIGKILL')
}
