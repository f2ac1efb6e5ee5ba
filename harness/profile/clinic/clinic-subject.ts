/**
 * The process of a subject that clinic has started and profiles: the entry module of every subject,
 * spoken to over a Unix socket.
 */
import { connect, type Socket } from 'node:net'
import { jsonLines } from '../../command-channel.ts'
import '../../subject-process.ts'
import { leaveLogsOf } from './isolate-logs.ts'
import { socketVariable, threadVariable } from './subject-environment.ts'
import type { ClinicThread } from './tools.ts'
import { keepPreloadsOutOfWorkers } from './worker-preloads.ts'

const thread = (process.env[threadVariable] ?? 'main') as ClinicThread

keepPreloadsOutOfWorkers()
endByItself(speakOver(process.env[socketVariable] ?? ''))

/** As if it were Node's own channel. */
function speakOver(socketPath: string): Socket {
  const socket = connect(socketPath)
  const { send, onMessage } = jsonLines(socket)
  process.send = (message: object) => {
    send(message)
    return true
  }
  onMessage(message => process.emit('message', message, undefined))
  socket.on('error', () => {})
  socket.on('close', () => process.emit('disconnect'))
  return socket
}

/**
 * Told to stop, a subject calls `process.exit`. clinic's recorders write what they still hold when the
 * event loop runs dry, so that is waited for: nothing but the channel keeps it going.
 */
function endByItself(channel: Socket): void {
  const exit = process.exit.bind(process)
  process.exit = code => {
    if (code !== 0) return exit(code)
    leaveLogsOf(thread)
    channel.unref()
    return undefined as never
  }
}
