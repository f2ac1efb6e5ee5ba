/** A thread of a subject: the entry module of its worker. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { MESSAGE_HANDLER_THREAD, type Protocol, SOCKET_THREAD } from './backend.ts'
import type { OpenedConnection, SubjectOptions, ThreadContext } from './node/thread-context.ts'
import { findBackend } from './registry.ts'
import { PosixNetwork } from './sock/posix-sock.ts'
import { setThreadName } from './sock/thread-name.ts'
import { ThreadCounters } from './threads/counters.ts'
import { SubjectMemory } from './threads/subject-memory.ts'

export interface ThreadData {
  backend: string
  protocol: Protocol
  thread: typeof SOCKET_THREAD | typeof MESSAGE_HANDLER_THREAD
  options: SubjectOptions
  subjectBuffer: SharedArrayBuffer
  countersBuffer: SharedArrayBuffer
  wakeUpFd: number | undefined
  /** From the socket thread to the message-handler thread: new connections. */
  connections: MessagePort
}

function main(data: ThreadData): void {
  setThreadName(data.thread)
  const mains = findBackend(data.backend)?.protocols[data.protocol]
  if (mains === undefined) throw new Error(`${data.backend} does not speak ${data.protocol}`)
  const counters = new ThreadCounters(data.countersBuffer)
  const network = new PosixNetwork(counters.syscalls)
  const subject = new SubjectMemory(data.subjectBuffer)
  const context: ThreadContext = {
    options: data.options,
    network,
    subject,
    counters,
    wakeUp: data.wakeUpFd === undefined ? undefined : network.attachWakeUp(data.wakeUpFd),
    report: event => parentPort?.postMessage(event),
  }
  const announce = (connection: OpenedConnection) => {
    data.connections.postMessage(connection)
    subject.countAnnounced()
  }
  if (data.thread === SOCKET_THREAD) mains[SOCKET_THREAD]({ ...context, announce })
  else mains[MESSAGE_HANDLER_THREAD]?.({ ...context, takeAnnounced: announcedOn(data, subject) })
  data.connections.close()
}

/** A worker in a loop gets no 'message' events: it has to fetch what was posted. */
function announcedOn({ connections }: ThreadData, subject: SubjectMemory) {
  let taken = 0
  return (): OpenedConnection[] => {
    if (subject.announced === taken) return NONE
    const opened: OpenedConnection[] = []
    for (let next = receiveMessageOnPort(connections); next; ) {
      opened.push(next.message as OpenedConnection)
      next = receiveMessageOnPort(connections)
    }
    taken += opened.length
    return opened
  }
}

const NONE: OpenedConnection[] = []

main(workerData as ThreadData)
