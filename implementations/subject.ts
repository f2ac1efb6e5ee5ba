import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, Worker } from 'node:worker_threads'
import { MESSAGE_HANDLER_THREAD, type Protocol, SOCKET_THREAD, threadsOf } from './backend.ts'
import { CONNECT_TIMEOUT_MS } from './node/loop-constants.ts'
import type { SubjectOptions, ThreadEvent } from './node/thread-context.ts'
import { describeErrno } from './sock/errno.ts'
import { PosixNetwork } from './sock/posix-sock.ts'
import type { WakeUpFd } from './sock/sock.ts'
import { createSyscallCounts } from './sock/syscalls.ts'
import type { ThreadData } from './thread-main.ts'
import { ThreadCounters, totals } from './threads/counters.ts'
import { type Progress, SubjectMemory } from './threads/subject-memory.ts'

export interface SubjectHandlers {
  onEvent: (event: ThreadEvent) => void
  /** A thread died of a bug; the subject is of no use any more. */
  onCrash: (error: Error) => void
}

/** One backend, running in this process: its threads, and what they share. */
export class Subject {
  private readonly memory = SubjectMemory.create()
  private readonly counters: ThreadCounters[] = []
  private readonly workers: Worker[] = []
  private readonly wakeUp: (WakeUpFd & { fd: number }) | undefined

  /** The backend's code is loaded by its threads alone: a process starts the sooner for it. */
  constructor(
    backend: string,
    protocol: Protocol,
    options: SubjectOptions,
    { onEvent, onCrash }: SubjectHandlers,
  ) {
    this.wakeUp = options.sendMode === 'wakeup' ? createWakeUp() : undefined
    const { port1, port2 } = new MessageChannel()
    const ports = { [SOCKET_THREAD]: port1, [MESSAGE_HANDLER_THREAD]: port2 }
    for (const thread of threadsOf[protocol]) {
      const counters = ThreadCounters.create()
      const data: ThreadData = {
        backend,
        protocol,
        thread,
        options,
        subjectBuffer: this.memory.buffer,
        countersBuffer: counters.buffer,
        wakeUpFd: this.wakeUp?.fd,
        connections: ports[thread],
      }
      const worker = new Worker(new URL('./thread-main.js', import.meta.url), {
        workerData: data,
        transferList: [ports[thread]],
      })
      worker.on('message', onEvent)
      worker.on('error', onCrash)
      this.counters.push(counters)
      this.workers.push(worker)
    }
  }

  get progress(): Progress {
    return this.memory.progress
  }

  /** What all threads have counted since the start. */
  counts(): Record<string, number> {
    return totals(this.counters)
  }

  /** Ends the loops, closes every socket, and waits for the threads to be gone. */
  async stop(): Promise<void> {
    this.memory.stop()
    await Promise.all(this.workers.map(endOf))
    this.wakeUp?.close()
  }
}

/** A thread that waits for a mutex that a crashed one has left locked would wait for ever. */
async function endOf(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return
  const exited = new Promise(resolve => worker.once('exit', resolve))
  const inTime = await Promise.race([
    exited.then(() => true),
    sleep(STOP_TIMEOUT_MS, false, { ref: false }),
  ])
  if (!inTime) await worker.terminate()
}

/** Longer than a connection may take to be opened. */
const STOP_TIMEOUT_MS = CONNECT_TIMEOUT_MS + 1_000

function createWakeUp(): WakeUpFd & { fd: number } {
  const wakeUp = new PosixNetwork(createSyscallCounts()).createWakeUp()
  if (typeof wakeUp === 'number') {
    throw new Error(`cannot create an eventfd: ${describeErrno(-wakeUp)}`)
  }
  return wakeUp
}
