import { isTransient } from '../../implementations/sock/errno.ts'
import {
  IOV_MAX,
  IoVector,
  type PinnedMemory,
  pinMemory,
} from '../../implementations/sock/io-vector.ts'
import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import type { Chain } from './chain.ts'

/** A chain whose memory sendmsg can read in place. Shared by all connections. */
export interface PinnedChain {
  readonly chain: Chain
  readonly heads: PinnedMemory
  readonly filler: PinnedMemory
}

export function pinChain(chain: Chain): PinnedChain {
  return { chain, heads: pinMemory(chain.heads), filler: pinMemory(chain.filler) }
}

/**
 * What one connection has still to send, as references: block bytes are never copied. Areas that
 * follow each other in memory become one, and a flush hands all of them to one sendmsg.
 *
 *     addBlock, addBytes -> areas (merged here, any number) -> IoVector (at most IOV_MAX) -> sendmsg
 */
export class SendQueue {
  readonly #pinned: PinnedChain
  readonly #vector = new IoVector(IOV_MAX)
  readonly #areas: Area[] = []
  /** The first area that is not in the vector yet. */
  #next = 0
  #sentBytes = 0

  constructor(pinned: PinnedChain) {
    this.#pinned = pinned
  }

  addBlock(height: number): void {
    const { chain, heads, filler } = this.#pinned
    this.#add(heads, chain.headOffset(height), chain.headBytes(height))
    const tailBytes = chain.tailBytes(height)
    if (tailBytes > 0) this.#add(filler, chain.filler.length - tailBytes, tailBytes)
  }

  /** The bytes must not change until they were sent. */
  addBytes(bytes: Uint8Array): void {
    this.#add(pinMemory(bytes), 0, bytes.length)
  }

  get isEmpty(): boolean {
    return this.#vector.byteLength === 0 && this.#next === this.#areas.length
  }

  /** How many areas wait; a measure of memory, as an area of blocks costs the same at any size. */
  get length(): number {
    return this.#areas.length - this.#next + IOV_MAX - this.#vector.room
  }

  /** Everything the socket took so far. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  /** Sends as much as the socket takes. @returns 0, or `-errno` of a permanent error */
  flush(sock: PosixSock): number {
    while (!this.isEmpty) {
      this.#fillVector()
      const sizeBytes = this.#vector.byteLength
      const sent = sock.sendVector(this.#vector)
      if (sent < 0) return isTransient(-sent) ? 0 : sent
      this.#vector.consume(sent)
      this.#sentBytes += sent
      if (sent !== sizeBytes) return 0
    }
    return 0
  }

  #add(memory: PinnedMemory, offset: number, sizeBytes: number): void {
    const last = this.#next < this.#areas.length ? this.#areas[this.#areas.length - 1] : undefined
    if (last && last.memory === memory && last.offset + last.sizeBytes === offset) {
      last.sizeBytes += sizeBytes
    } else {
      this.#areas.push({ memory, offset, sizeBytes })
    }
  }

  #fillVector(): void {
    const end = Math.min(this.#areas.length, this.#next + this.#vector.room)
    for (; this.#next < end; ++this.#next) {
      const { memory, offset, sizeBytes } = this.#areas[this.#next]
      this.#vector.push(memory, offset, sizeBytes)
    }
    if (this.#next === this.#areas.length) this.#next = this.#areas.length = 0
  }
}

interface Area {
  memory: PinnedMemory
  offset: number
  sizeBytes: number
}
