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

  /** @returns false when the queue is full; then nothing was queued */
  push(item: number): boolean {
    this.mutex.lock()
    const length = this.control[Control.length]
    const fits = length < WORK_QUEUE_CAPACITY
    if (fits) {
      this.items[(this.control[Control.head] + length) % WORK_QUEUE_CAPACITY] = item
      this.control[Control.length] = length + 1
      Atomics.add(this.control, Control.signals, 1)
    }
    const someoneSleeps = this.control[Control.sleepers] > 0
    this.mutex.unlock()
    if (fits && someoneSleeps) Atomics.notify(this.control, Control.signals, 1)
    return fits
  }

  /** The oldest item, waiting for one; or -1 after `timeoutMs`, or once `wakeAll` was called. */
  pop(timeoutMs: number): number {
    this.mutex.lock()
    if (this.control[Control.length] === 0) {
      const signals = this.control[Control.signals]
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

  /** Makes every sleeping `pop` return. */
  wakeAll(): void {
    Atomics.add(this.control, Control.signals, 1)
    Atomics.notify(this.control, Control.signals)
  }

  private takeOldest(): number {
    if (this.control[Control.length] === 0) return -1
    const head = this.control[Control.head]
    this.control[Control.head] = (head + 1) % WORK_QUEUE_CAPACITY
    this.control[Control.length]--
    return this.items[head]
  }
}

const Control = { mutex: 0, head: 1, length: 2, signals: 3, sleepers: 4 }
const CONTROL_BYTES = 64

export const workQueueBytes = CONTROL_BYTES + 4 * WORK_QUEUE_CAPACITY
