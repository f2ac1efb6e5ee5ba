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
 * used by one connection after the other: a new connection costs them no message.
 */
export class Slots {
  private readonly announce: SocketThreadContext['announce']
  private readonly free: Slot[] = []
  /** Numbers of slots whose memory was given up. */
  private readonly vacant: number[] = []
  private made = 0

  constructor(announce: SocketThreadContext['announce']) {
    this.announce = announce
  }

  /** For a new connection. @param connectionId never used before */
  take(connectionId: number, fd: number): Slot {
    const slot = this.free.pop() ?? this.makeSlot(this.vacant.pop() ?? this.made++, fd)
    slot.memory.open(connectionId, fd)
    return slot
  }

  /** Its connection is closed, and nobody handles a request of it. */
  release(slot: Slot): void {
    if (slot.memory.isLarge) {
      slot.receiver.free()
      this.vacant.push(slot.number)
    } else {
      slot.receiver.restart()
      this.free.push(slot)
    }
  }

  private makeSlot(number: number, fd: number): Slot {
    const memory = HttpConnectionMemory.create()
    this.announce({ id: number, fd, inbound: true, buffer: memory.buffer })
    return { number, memory, receiver: new RequestReceiver(memory) }
  }
}
