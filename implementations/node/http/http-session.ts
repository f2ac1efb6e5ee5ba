import type { HttpConnectionMemory } from '../../threads/http-connection-memory.ts'
import type { RequestReceiver } from './request-receiver.ts'
import type { Slot } from './slots.ts'

/**
 * The socket thread's state of one connection.
 *
 *   receiving → answering → receiving → …          requests one after the other
 *             ↘           ↘
 *               closing → lingering                nothing more is read but to drop it
 */
export class HttpSession {
  readonly slot: Slot
  /**
   * - `receiving`: a request is arriving, or has arrived and may not be given to a handler yet.
   * - `answering`: a handler has it, until the memory says that it is answered.
   * - `closing`: the last reply is queued; the connection ends when it is sent.
   * - `lingering`: it is sent, and we send no more; what the client still sends is dropped, lest the
   *   kernel answer it with a reset, which can cost the client that reply.
   */
  state: 'receiving' | 'answering' | 'closing' | 'lingering' = 'receiving'
  /** The client sends no more. */
  ended = false
  /** The last reply was an error: the client may still be sending what it is about. */
  mustLinger = false
  /** Since when a request has been awaited. */
  idleSinceMs: number
  lingeringSinceMs = 0
  droppedBytes = 0

  constructor(slot: Slot, nowMs: number) {
    this.slot = slot
    this.idleSinceMs = nowMs
  }

  get memory(): HttpConnectionMemory {
    return this.slot.memory
  }
  get receiver(): RequestReceiver {
    return this.slot.receiver
  }

  get shouldTryToRecv(): boolean {
    if (this.ended) return false
    if (this.state === 'lingering') return true
    return this.state !== 'closing' && !this.receiver.isFull
  }

  /** Nobody uses the connection's memory any more, once it is closed. */
  get isGone(): boolean {
    return this.memory.closed && !this.memory.requestInFlight
  }
}
