import { spawn } from 'node:child_process'
import { adoptGroup, releaseGroup, signalGroup } from '../reaper.ts'

/** As many of its last lines as a step keeps: what a compiler says in the end says enough. */
const keptLines = 20
const keptChars = 16 << 10

export type StepResult = { state: 'done' } | { state: 'failed'; reason: string; words: string[] }

/**
 * Runs a program to its end, in a process group that dies with this process. Nothing is shown.
 * @returns for one that failed how it ended, and the last 20 lines of its stdout and stderr together
 */
export async function runStep(
  program: string,
  args: readonly string[],
  { directory, signal }: { directory: string; signal: AbortSignal },
): Promise<StepResult> {
  const child = spawn(program, args, {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid !== undefined) adoptGroup(pid)
  const giveUp = () => {
    if (pid !== undefined) signalGroup(pid, 'SIGKILL')
  }
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-keptChars)
    })
  }
  const ending = await new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('exit', () => {
      // What it left behind would keep its output open.
      if (pid !== undefined) releaseGroup(pid)
    })
    child.once('close', (code, killer) => resolve(killer ?? `exit code ${code}`))
  })
  signal.removeEventListener('abort', giveUp)
  if (ending === 'exit code 0') return { state: 'done' }
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return { state: 'failed', reason: ending, words: lines.slice(-keptLines) }
}
