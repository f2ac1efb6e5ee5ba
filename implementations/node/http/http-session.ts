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
   *   kernel answer it with a reset, which can cost the client that reply. A connection that is idle
   *   when the subject stops comes here, too: its next request may be on the way.
   */
  state: 'receiving' | 'answering' | 'closing' | 'lingering' = 'receiving'
  /** The client sends no more. */
  ended = false
  /** Since when a request has been awaited, or nothing of what is queued could be sent. */
  idleSinceMs: number
  /** When the loop last looked. */
  unsentBytes = 0
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
