import { Mutex } from './mutex.ts'
import { WakeUp } from './wake-up.ts'
import { WorkQueue, workQueueBytes } from './work-queue.ts'

/** What the threads of one service of a subject share besides its connections. */
export class ServiceMemory {
  readonly buffer: SharedArrayBuffer
  /** Wakes the message-handler thread. */
  readonly handlerWakeUp: WakeUp
  /** Guards a backend's collection of nodes (`m_nodes_mutex`). */
  readonly nodesMutex: Mutex
  /** Guards SockMan's collection of connections (`m_connected_mutex`). */
  readonly connectedMutex: Mutex
  /** Requests for the worker threads of an HTTP server. */
  readonly workQueue: WorkQueue
  private readonly control: Int32Array
  private readonly progressValues: Float64Array
  private readonly tipHash: Uint8Array

  static create(): ServiceMemory {
    return new ServiceMemory(new SharedArrayBuffer(WORK_QUEUE_AT + workQueueBytes))
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.control = new Int32Array(buffer, 0, CONTROL_BYTES / 4)
    this.progressValues = new Float64Array(buffer, CONTROL_BYTES, PROGRESS_BYTES / 8)
    this.tipHash = Buffer.from(buffer, CONTROL_BYTES + PROGRESS_BYTES, 32)
    this.handlerWakeUp = new WakeUp(this.control, Control.handlerWakeUp)
    this.nodesMutex = new Mutex(this.control, Control.nodesMutex)
    this.connectedMutex = new Mutex(this.control, Control.connectedMutex)
    this.workQueue = new WorkQueue(buffer, WORK_QUEUE_AT)
  }

  get stopping(): boolean {
    return Atomics.load(this.control, Control.stopping) === 1
  }
  /** Ends the threads' loops: at once, or after the poll(2) of up to 50 ms that one is in. */
  stop(): void {
    // First: a worker that has seen `stopping` may rely on no more requests being queued.
    this.workQueue.interrupt()
    Atomics.store(this.control, Control.stopping, 1)
    this.handlerWakeUp.wake()
  }

  /** Connections posted to the handler threads so far; each compares it with those it has taken. */
  get announced(): number {
    return Atomics.load(this.control, Control.announced)
  }
  countAnnounced(): void {
    Atomics.add(this.control, Control.announced, 1)
  }

  /** Connections posted the other way, by a handler thread that opened them. */
  get handedOver(): number {
    return Atomics.load(this.control, Control.handedOver)
  }
  countHandedOver(): void {
    Atomics.add(this.control, Control.handedOver, 1)
  }

  /** How far the download is; set by the message-handler thread before it sleeps. */
  get progress(): Progress {
    const [headerHeight, blockHeight] = this.progressValues
    return { headerHeight, blockHeight, tipHash: Buffer.from(this.tipHash).toString('latin1') }
  }
  setProgress(headerHeight: number, blockHeight: number, tipHash: string): void {
    // The hash first: who has seen a height does not see the hash of a lower one after it.
    for (let i = 0; i < 32; i++) this.tipHash[i] = tipHash.charCodeAt(i)
    this.progressValues[0] = headerHeight
    this.progressValues[1] = blockHeight
  }
}

export interface Progress {
  headerHeight: number
  /** Height of the last block of the unbroken chain. */
  blockHeight: number
  /** Hash of that block: 32 bytes as latin1 characters, in the order of the wire. */
  tipHash: string
}

const Control = {
  stopping: 0,
  handlerWakeUp: 1,
  nodesMutex: 2,
  connectedMutex: 3,
  announced: 4,
  handedOver: 5,
}
const CONTROL_BYTES = 64
const PROGRESS_BYTES = 16
const WORK_QUEUE_AT = CONTROL_BYTES + PROGRESS_BYTES + 32
