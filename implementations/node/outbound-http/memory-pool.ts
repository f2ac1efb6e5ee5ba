import { OutboundHttpMemory } from '../../threads/outbound-http-memory.ts'
import type { OutboundHttpOptions } from '../service-options.ts'
import type { OpenedConnection } from '../thread-context.ts'
import { sizesFor } from './payjoin-request.ts'

/**
 * The memories of a wallet's connections, on its thread: used by one connection after the other, so
 * that a new one has nothing to allocate.
 */
export class MemoryPool {
  private readonly options: OutboundHttpOptions
  private readonly free: OutboundHttpMemory[] = []
  private made = 0

  constructor(options: OutboundHttpOptions) {
    this.options = options
  }

  /** For a new connection. @param connectionId never used before */
  take(connectionId: number, fd: number): OutboundHttpMemory {
    const memory = this.free.pop() ?? OutboundHttpMemory.create(this.made++, sizesFor(this.options))
    memory.open(connectionId, fd)
    return memory
  }

  /** Its connection is closed. */
  release(memory: OutboundHttpMemory): void {
    this.free.push(memory)
  }
}

/** As the socket thread is told of it: under its memory's number, so that it knows the memory again. */
export function asOpened({ number, fd, buffer }: OutboundHttpMemory): OpenedConnection {
  return { id: number, fd, inbound: false, buffer }
}
