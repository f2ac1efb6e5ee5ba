/** The process of one subject, started by the harness with an IPC channel. */
import { setFlagsFromString } from 'node:v8'

import type { ThreadEvent } from '../implementations/node/thread-context.ts'
import { formatAddress } from '../implementations/sock/address.ts'
import { describeErrno } from '../implementations/sock/errno.ts'
import { Subject } from '../implementations/subject.ts'
import { exitWithParent } from './exit-with-parent.ts'
import type { SubjectAnswer, SubjectRequest } from './subject-protocol.ts'

// V8 compiles a function well once it has run for long enough, by default some thousand times,
// which a fresh process would reach only in mid-measurement. Sooner, and for every subject alike.
setFlagsFromString('--interrupt-budget=16000')

let subject: Subject | undefined
let connectionsToOpen = 0

exitWithParent()
// Ctrl-C reaches the whole process group; it is the harness that stops its subjects in good order.
process.on('SIGINT', () => {})

process.on('message', async (request: SubjectRequest) => {
  switch (request.kind) {
    case 'start':
      return start(request)
    case 'count':
      return answer({ kind: 'counts', counts: subject?.counts() ?? {} })
    case 'stop':
      await subject?.stop()
      return process.exit(0)
  }
})

function start({ backend, protocol, options }: SubjectRequest & { kind: 'start' }): void {
  connectionsToOpen = options.connect.length
  subject = new Subject(backend, protocol, options, {
    onEvent: onThreadEvent,
    onCrash: error => fail(`a thread crashed: ${messageAndPlace(error)}`),
  })
}

function onThreadEvent(event: ThreadEvent): void {
  switch (event.kind) {
    case 'connected':
      connectionsToOpen--
      if (connectionsToOpen === 0) answer({ kind: 'started' })
      return
    case 'connect-failed':
    case 'listen-failed':
      return fail(`${event.kind} ${formatAddress(event.address)}: ${describeErrno(event.errno)}`)
    case 'peer-disconnected':
      return answer({ kind: 'peer-disconnected', reason: event.reason })
    case 'listening':
    case 'connection-closed':
  }
}

/** In one line: 'RangeError: offset is out of bounds at Chain.head (chain.js:12:3)'. */
function messageAndPlace({ stack, message }: Error): string {
  const lines = (stack ?? message).split('\n')
  const place = lines.find(line => line.startsWith('    at ')) ?? ''
  return `${lines[0]} ${place.trim()}`.trim()
}

function fail(reason: string): void {
  answer({ kind: 'failed', reason })
}

function answer(message: SubjectAnswer): void {
  process.send?.(message, undefined, undefined, () => {})
}
