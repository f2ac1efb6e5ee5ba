import { HttpConnectionMemory } from '../../threads/http-connection-memory.ts'
import type { SocketThreadContext } from '../thread-context.ts'
import { RequestReceiver } from './request-receiver.ts'

/** A place for one connection at a time: worker threads know its memory by its number. */
export interface Slot {
  readonly number: number
  readonly memory: HttpConnectionMemory
  readonly receiver: RequestReceiver
}

/**
 * The memories of an HTTP server's connections. A memory is announced to the worker threads once, and
 * used by one connection after the other: a new connection costs them no message. None is given up, so
 * there are as many as connections were ever open at once. Large ones are used again first: one more
 * becomes large only while all the large ones are in use, so those with much resident (up to 66 MiB
 * each) are no more than connections were open at once, however many large requests there were.
 */
export class Slots {
  private readonly announce: SocketThreadContext['announce']
  private readonly small: Slot[] = []
  private readonly large: Slot[] = []
  private made = 0

  constructor(announce: SocketThreadContext['announce']) {
    this.announce = announce
  }

  /** For a new connection. @param connectionId never used before */
  take(connectionId: number, fd: number): Slot {
    const slot = this.large.pop() ?? this.small.pop() ?? this.makeSlot(this.made++, fd)
    slot.memory.open(connectionId, fd)
    return slot
  }

  /** Its connection is closed, and nobody handles a request of it. */
  release(slot: Slot): void {
    slot.receiver.restart()
    const unused = slot.memory.isLarge ? this.large : this.small
    unused.push(slot)
  }

  private makeSlot(number: number, fd: number): Slot {
    const memory = HttpConnectionMemory.create()
    this.announce({ id: number, fd, inbound: true, buffer: memory.buffer })
    return { number, memory, receiver: new RequestReceiver(memory) }
  }
}
