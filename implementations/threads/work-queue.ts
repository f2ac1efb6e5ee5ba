import { Mutex } from './mutex.ts'

/** Core's DEFAULT_HTTP_WORKQUEUE: requests beyond it are answered 503. */
export const WORK_QUEUE_CAPACITY = 64

/**
 * Core's `WorkQueue`: numbers of what is to be handled, from the socket thread to any number of
 * worker threads, oldest first.
 */
export class WorkQueue {
  private readonly control: Int32Array
  private readonly items: Int32Array
  private readonly mutex: Mutex

  constructor(buffer: SharedArrayBuffer, byteOffset: number) {
    this.control = new Int32Array(buffer, byteOffset, CONTROL_BYTES / 4)
    this.items = new Int32Array(buffer, byteOffset + CONTROL_BYTES, WORK_QUEUE_CAPACITY)
    this.mutex = new Mutex(this.control, Control.mutex)
  }

  /** @returns whether the item was queued, and if so whether a worker slept and was woken */
  push(item: number): 'queued' | 'woke a worker' | 'full' | 'interrupted' {
    this.mutex.lock()
    const refusal = this.refusal()
    const someoneSleeps = this.control[Control.sleepers] > 0
    if (refusal === undefined) this.append(item)
    this.mutex.unlock()
    if (refusal !== undefined) return refusal
    if (!someoneSleeps) return 'queued'
    Atomics.notify(this.control, Control.signals, 1)
    return 'woke a worker'
  }

  /**
   * Takes the oldest item, waiting up to `timeoutMs` for one.
   * @returns -1 if there is none; once interrupted, at once, and then none will come
   */
  pop(timeoutMs: number): number {
    this.mutex.lock()
    const signals = Atomics.load(this.control, Control.signals) // before what they announce
    if (this.control[Control.length] === 0 && !this.interrupted) {
      this.control[Control.sleepers]++
      this.mutex.unlock()
      Atomics.wait(this.control, Control.signals, signals, timeoutMs)
      this.mutex.lock()
      this.control[Control.sleepers]--
    }
    const item = this.takeOldest()
    this.mutex.unlock()
    return item
  }

  /**
   * `WorkQueue::Interrupt`: what is queued can still be taken, nothing more is queued, nobody waits.
   * Without the mutex: whoever stops a subject must not wait for a thread of it.
   */
  interrupt(): void {
    Atomics.store(this.control, Control.interrupted, 1)
    Atomics.add(this.control, Control.signals, 1)
    Atomics.notify(this.control, Control.signals)
  }

  private get interrupted(): boolean {
    return Atomics.load(this.control, Control.interrupted) === 1
  }

  private refusal(): 'full' | 'interrupted' | undefined {
    if (this.interrupted) return 'interrupted'
    return this.control[Control.length] === WORK_QUEUE_CAPACITY ? 'full' : undefined
  }

  private append(item: number): void {
    const length = this.control[Control.length]
    this.items[(this.control[Control.head] + length) % WORK_QUEUE_CAPACITY] = item
    this.control[Control.length] = length + 1
    Atomics.add(this.control, Control.signals, 1)
  }

  private takeOldest(): number {
    if (this.control[Control.length] === 0) return -1
    const head = this.control[Control.head]
    this.control[Control.head] = (head + 1) % WORK_QUEUE_CAPACITY
    this.control[Control.length]--
    return this.items[head]
  }
}

const Control = { mutex: 0, head: 1, length: 2, signals: 3, sleepers: 4, interrupted: 5 }
const CONTROL_BYTES = 64

export const workQueueBytes = CONTROL_BYTES + 4 * WORK_QUEUE_CAPACITY
