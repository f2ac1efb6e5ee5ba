import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const STOP_TIMEOUT_MS = 60_000

const children = new Set<ChildProcess>()

/** Starts a program whose output is read here; its complaints go to our stderr. */
export function start(command: string, parameters: string[]): ChildProcess {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** Ends a child, or waits for one that was told to end; one that does not is killed. */
export async function end(
  child: ChildProcess,
  how: 'SIGTERM' | 'SIGKILL' | 'told' = 'SIGTERM',
): Promise<void> {
  if (hasExited(child)) return
  const exited = once(child, 'exit')
  if (how !== 'told') child.kill(how)
  const timeout = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await exited
  clearTimeout(timeout)
}

export async function endAll(): Promise<void> {
  await Promise.all([...children].map(child => end(child)))
}

export function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

export async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of linesOf(child)) return line
  throw new Error('the child ended without a word')
}

export function linesOf({ stdout }: ChildProcess): AsyncIterable<string> {
  if (stdout === null) throw new Error('the child was started without a pipe')
  return createInterface({ input: stdout })
}
