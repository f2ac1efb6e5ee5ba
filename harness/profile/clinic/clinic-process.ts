import { spawn } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from '../../child-process.ts'
import { type Channel, jsonLines } from '../../command-channel.ts'
import { runStep, type StepResult } from '../../revisions/shell-step.ts'
import { readAnswer } from '../../subject-answer.ts'
import type { Clinic } from './find-clinic.ts'
import { socketVariable, threadVariable } from './subject-environment.ts'
import type { ClinicThread, ClinicTool } from './tools.ts'

const subjectModule = fileURLToPath(new URL('./clinic-subject.js', import.meta.url))

/** Below the working directory: where clinic leaves its data directory and its page. */
export const destination = 'clinic'

/**
 * Starts clinic with a subject as the process that it records, in a group that dies with this process.
 * Messages reach the subject over a Unix socket: clinic hands no descriptors on. The child ends when
 * clinic has written its data directory, or given up.
 * @param directory clinic's own to write to; its name is short enough for the address of a socket
 */
export function startClinic(
  clinic: Clinic,
  tool: ClinicTool,
  thread: ClinicThread,
  directory: string,
): Child {
  const socketPath = join(directory, 'subject.sock')
  const { server, ...channel } = channelAt(socketPath)
  const [program, ...args] = commandOf(clinic, tool, [
    '--collect-only',
    '--dest',
    destination,
    '--',
    process.execPath,
    subjectModule,
  ])
  const variables = { [socketVariable]: socketPath, [threadVariable]: thread }
  const child = spawn(program, args, {
    cwd: directory,
    detached: true,
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.once('close', () => server.close())
  child.once('error', () => server.close())
  return new Child({ process: child, ...channel }, readAnswer)
}

/** Has clinic make its page of a data directory that it has written. */
export function drawPage(
  clinic: Clinic,
  tool: ClinicTool,
  data: string,
  options: { directory: string; signal: AbortSignal },
): Promise<StepResult> {
  const [program, ...args] = commandOf(clinic, tool, ['--visualize-only', data])
  return runStep(program, args, options)
}

/** Without NO_INSIGHT, and without a terminal, clinic does nothing and exits with 0. */
function commandOf(clinic: Clinic, { command }: ClinicTool, args: readonly string[]): string[] {
  const quiet = ['NO_INSIGHT=1', 'NO_UPDATE_NOTIFIER=1']
  // `open` is a browser.
  return ['env', ...quiet, process.execPath, clinic.path, command, '--open=false', ...args]
}

/** Of a subject that connects in its own time; what is sent before waits for it. */
function channelAt(socketPath: string) {
  const listeners: ((message: unknown) => void)[] = []
  const unsent: object[] = []
  let subject: Pick<Channel, 'send' | 'onMessage'> | undefined
  const server = createServer((socket: Socket) => {
    // The process may have ended; whoever waits for its end hears that.
    socket.on('error', () => {})
    subject = jsonLines(socket)
    subject.onMessage(message => {
      for (const listener of listeners) listener(message)
    })
    for (const message of unsent.splice(0)) subject.send(message)
  })
  server.listen(socketPath)
  return {
    server,
    send: (message: object) => {
      if (subject === undefined) unsent.push(message)
      else subject.send(message)
    },
    onMessage: (listener: (message: unknown) => void) => void listeners.push(listener),
  }
}
