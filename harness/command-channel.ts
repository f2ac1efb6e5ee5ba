import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A process, and the way messages go to it and come from it. */
export interface Channel {
  process: ChildProcess
  /** Fire and forget. */
  send: (message: object) => void
  onMessage: (listener: (message: unknown) => void) => void
}

const CHANNEL_FD = 3
/** More than any answer has; a line that goes on is no message. */
const longestLine = 1 << 20

/**
 * Starts a command of the shell, which its first program replaces, with a channel of JSON lines on a
 * descriptor of its own. It is named as Node names its IPC channel, so that `process.send` and
 * `process.on('message')` work in a Node program. A line that is no JSON is heard as the text it is:
 * Node's own channel would throw in this process.
 */
export function spawnCommand(command: string): Channel {
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
    detached: true,
    env: {
      ...process.env,
      NODE_CHANNEL_FD: String(CHANNEL_FD),
      NODE_CHANNEL_SERIALIZATION_MODE: 'json',
    },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [, , , socket] = child.stdio
  if (!(socket instanceof Socket)) throw new Error('the channel of a child is no socket')
  // The process may have ended; whoever waits for its end hears that.
  socket.on('error', () => {})
  return { process: child, ...jsonLines(socket) }
}

/** Messages as one JSON object a line, both ways over a stream. */
export function jsonLines(stream: Duplex): Pick<Channel, 'send' | 'onMessage'> {
  return {
    send: message => stream.write(`${JSON.stringify(message)}\n`),
    onMessage: listener => {
      let rest = ''
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        if (rest.length > longestLine) {
          lines.push(rest)
          rest = ''
        }
        for (const line of lines) if (line !== '') listener(parsed(line))
      })
    },
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return line
  }
}
