import type { NetSock } from '../node/thread-context.ts'
import type { Events } from '../sock/sock.ts'
import type { ReceivingMemory } from '../threads/socket-memory.ts'

/** What SockMan keeps of a connection; a consumer's own connections extend it. */
export abstract class Connection<M extends ReceivingMemory = ReceivingMemory> {
  readonly sock: NetSock
  readonly memory: M
  /** This connection's entry in the wait set of this iteration. */
  events: Events = NOT_POLLED

  constructor(sock: NetSock, memory: M) {
    this.sock = sock
    this.memory = memory
  }
}

export const NOT_POLLED: Events = { requested: 0, occurred: 0 }
