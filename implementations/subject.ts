import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { handlerThreadNames, socketThreads } from './backend.ts'
import { CONNECT_TIMEOUT_MS, SHUTDOWN_GRACE_MS } from './node/loop-constants.ts'
import type { LoopSharing, Protocol, ServiceOptions } from './node/service-options.ts'
import type { ThreadEvent } from './node/thread-context.ts'
import { describeErrno } from './sock/errno.ts'
import { keepLargeMemoryLazy } from './sock/lazy-memory.ts'
import { PosixNetwork } from './sock/posix-sock.ts'
import type { WakeUpFd } from './sock/sock.ts'
import { createSyscallCounts } from './sock/syscalls.ts'
import type { ServiceData, ThreadData } from './thread-main.ts'
import { ThreadCounters, totals } from './threads/counters.ts'
import { type Progress, ServiceMemory } from './threads/service-memory.ts'
import type { TracingEvent } from './trace/tracing-switch.ts'

export interface SubjectHandlers {
  onEvent: (event: ThreadEvent) => void
  /** A thread died of a bug; the subject is of no use any more. */
  onCrash: (error: Error) => void
  /** A thread records from now on, into this ring. */
  onTracing?: (event: TracingEvent) => void
}

/** One backend, running in this process: its services, their threads, and what those share. */
export class Subject {
  private readonly services: RunningService[] = []
  private readonly counters: ThreadCounters[] = []
  private readonly workers: Worker[] = []
  private readonly backend: string
  private readonly handlers: SubjectHandlers
  private readonly spinsPerRecv: number | null

  /**
   * The backend's code is loaded by its threads alone: a process starts the sooner for it.
   * @param spinsPerRecv a planted slowdown, as in `ThreadData`
   */
  constructor(
    backend: string,
    services: readonly ServiceOptions[],
    loops: LoopSharing,
    handlers: SubjectHandlers,
    spinsPerRecv: number | null = null,
  ) {
    this.backend = backend
    this.handlers = handlers
    this.spinsPerRecv = spinsPerRecv
    keepLargeMemoryLazy()
    const socketSides = services.map(options => this.startService(options))
    const loopGroups = loops === 'one' ? [socketSides] : socketSides.map(side => [side])
    for (const group of loopGroups) {
      this.startThread(socketThreads[group[0].options.protocol], 'socket', group)
    }
  }

  /** Of the service that downloads. @throws without one */
  get progress(): Progress {
    const download = this.services.find(({ protocol }) => protocol === 'p2p')
    if (download === undefined) throw new Error('no service of this subject downloads')
    return download.memory.progress
  }

  get threads(): number {
    return this.workers.length
  }

  /** What all threads have counted since the start. */
  counts(): Record<string, number> {
    return totals(this.counters)
  }

  /** Ends the loops, closes every socket, and waits for the threads to be gone. */
  async stop(): Promise<void> {
    for (const { memory } of this.services) memory.stop()
    for (const worker of this.workers) worker.postMessage('stop')
    await Promise.all(this.workers.map(endOf))
    for (const { wakeUp } of this.services) wakeUp?.close()
  }

  /** Starts a service's handler threads. @returns what its socket thread needs */
  private startService(options: ServiceOptions): ServiceData {
    const memory = ServiceMemory.create()
    const wakeUp = options.sendMode === 'wakeup' ? createWakeUp() : undefined
    this.services.push({ protocol: options.protocol, memory, wakeUp })
    const data = (connections: MessagePort[]): ServiceData => ({
      options,
      memoryBuffer: memory.buffer,
      wakeUpFd: wakeUp?.fd,
      connections,
    })
    const socketSide: MessagePort[] = []
    for (const name of handlerThreadNames(options)) {
      const { port1, port2 } = new MessageChannel()
      socketSide.push(port1)
      this.startThread(name, 'handler', [data([port2])])
    }
    return data(socketSide)
  }

  private startThread(name: string, role: ThreadData['role'], services: ServiceData[]): void {
    const counters = ThreadCounters.create()
    const data: ThreadData = {
      backend: this.backend,
      name,
      role,
      services,
      countersBuffer: counters.buffer,
      spinsPerRecv: this.spinsPerRecv,
    }
    const worker = new Worker(new URL('./thread-main.js', import.meta.url), {
      workerData: data,
      transferList: services.flatMap(({ connections }) => connections),
      // for whoever looks at the process with an inspector
      name,
    })
    worker.on('message', (event: ThreadEvent | TracingEvent) => {
      if (event.kind === 'tracing') this.handlers.onTracing?.(event)
      else this.handlers.onEvent(event)
    })
    worker.on('error', this.handlers.onCrash)
    this.counters.push(counters)
    this.workers.push(worker)
  }
}

interface RunningService {
  protocol: Protocol
  memory: ServiceMemory
  wakeUp: WakeUpFd | undefined
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

/** Longer than a connection may take to be opened, and than what is in flight may take to be finished. */
const STOP_TIMEOUT_MS = Math.max(CONNECT_TIMEOUT_MS, SHUTDOWN_GRACE_MS) + 1_000

function createWakeUp(): WakeUpFd & { fd: number } {
  const wakeUp = new PosixNetwork(createSyscallCounts()).createWakeUp()
  if (typeof wakeUp === 'number') {
    throw new Error(`cannot create an eventfd: ${describeErrno(-wakeUp)}`)
  }
  return wakeUp
}
