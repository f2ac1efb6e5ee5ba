import type { Frame } from './frame.ts'

/**
 * What a thread that is sampled with this function innermost may be doing. Only of what computes is a
 * sample a piece of CPU time: in a call into the kernel the thread may also wait for a CPU, which it
 * has left to the thread that it woke; and in one that sleeps, it does.
 */
export type Doing = 'computes' | 'calls the kernel' | 'sleeps'

export function doingOf({ name, file, kind }: Frame): Doing {
  if (file !== '') return ofFunctions[`${name} ${file}`] ?? 'computes'
  if (kind === 'system call') return sleepingCalls.has(name) ? 'sleeps' : 'calls the kernel'
  return name === '(idle)' || name === '(program)' ? 'sleeps' : 'computes'
}

/** In an event loop of Node's own, '(program)' is its wait. */
export const CUT_OFF = 'system call (stack not known)'

const sleepingCalls: ReadonlySet<string> = new Set(['poll(2)', CUT_OFF])

/** Atomics.wait and Atomics.notify have no frames of their own: futex(2) is called by these. */
const ofFunctions: Readonly<Record<string, Doing>> = {
  'WakeUp.wait implementations/threads/wake-up.ts': 'sleeps',
  'WakeUp.wake implementations/threads/wake-up.ts': 'calls the kernel',
  'Mutex.lockContended implementations/threads/mutex.ts': 'sleeps',
  'Mutex.unlock implementations/threads/mutex.ts': 'calls the kernel',
  'WorkQueue.pop implementations/threads/work-queue.ts': 'sleeps',
  'WorkQueue.push implementations/threads/work-queue.ts': 'calls the kernel',
  'sleepMs implementations/threads/sleep.ts': 'sleeps',
}
