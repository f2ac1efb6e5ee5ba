import { addressOf } from './libc.ts'

/** Bytes whose address was looked up once, to be sent often. Holding it keeps them alive. */
export interface PinnedMemory {
  readonly bytes: Uint8Array
  readonly address: number
}

export function pinMemory(bytes: Uint8Array): PinnedMemory {
  return { bytes, address: addressOf(bytes) }
}

/** UIO_MAXIOV of Linux: what one sendmsg takes. */
export const IOV_MAX = 1024

const IOVEC_BYTES = 16
const IOVECS_AT = 64
// Members of struct msghdr and struct iovec, in 32-bit words.
const MSGHDR_IOV = 4
const MSGHDR_IOVLEN = 6
const IOV_BASE = 0
const IOV_LEN = 2
const TWO_32 = 2 ** 32

/**
 * A queue of memory areas for `PosixSock.sendVector`, in the layout that sendmsg(2) reads:
 *
 *     | msghdr | … | iovec | iovec | iovec | iovec | … capacity |
 *                          ^ first                 ^ end
 *
 * Nothing is copied and nothing is allocated per push or send: a pushed area must keep its
 * contents until it was consumed.
 */
export class IoVector {
  readonly capacity: number
  /** Of the msghdr, which describes up to IOV_MAX areas from the first unsent one on. */
  readonly msghdrAddress: number
  readonly #words: Uint32Array
  readonly #pinned: (PinnedMemory | undefined)[]
  readonly #iovecsAddress: number
  #first = 0
  #end = 0
  #byteLength = 0

  constructor(capacity: number) {
    const memory = new Uint8Array(IOVECS_AT + capacity * IOVEC_BYTES)
    this.capacity = capacity
    this.msghdrAddress = addressOf(memory)
    this.#words = new Uint32Array(memory.buffer)
    this.#pinned = Array.from({ length: capacity })
    this.#iovecsAddress = this.msghdrAddress + IOVECS_AT
    this.#describe()
  }

  /** Bytes not yet consumed. */
  get byteLength(): number {
    return this.#byteLength
  }

  /** How many more areas can be pushed. */
  get room(): number {
    return this.capacity - (this.#end - this.#first)
  }

  clear(): void {
    this.#pinned.fill(undefined, this.#first, this.#end)
    this.#first = 0
    this.#end = 0
    this.#byteLength = 0
    this.#describe()
  }

  /**
   * Appends `sizeBytes` of `memory` from `offset` on.
   * @throws RangeError when there is no room, or the area is not inside the memory
   */
  push(memory: PinnedMemory, offset: number, sizeBytes: number): void {
    if (offset < 0 || sizeBytes < 0 || offset + sizeBytes > memory.bytes.length) {
      throw new RangeError(`area ${offset}+${sizeBytes} outside ${memory.bytes.length} bytes`)
    }
    if (this.room === 0) throw new RangeError(`no room in an IoVector of ${this.capacity}`)
    if (sizeBytes === 0) return
    if (this.#end === this.capacity) this.#moveToFront()
    this.#pinned[this.#end] = memory
    this.#writeIovec(this.#end, memory.address + offset, sizeBytes)
    this.#end++
    this.#byteLength += sizeBytes
    this.#describe()
  }

  /** Drops the first `sizeBytes`: what a send took. */
  consume(sizeBytes: number): void {
    if (sizeBytes < 0 || sizeBytes > this.#byteLength) {
      throw new RangeError(`consume ${sizeBytes} of ${this.#byteLength} bytes`)
    }
    this.#byteLength -= sizeBytes
    let left = sizeBytes
    while (left > 0) {
      const areaBytes = this.#read(this.#first, IOV_LEN)
      if (left < areaBytes) {
        const address = this.#read(this.#first, IOV_BASE)
        this.#writeIovec(this.#first, address + left, areaBytes - left)
        break
      }
      left -= areaBytes
      this.#pinned[this.#first++] = undefined
    }
    if (this.#first === this.#end) this.#first = this.#end = 0
    this.#describe()
  }

  #moveToFront(): void {
    this.#words.copyWithin(word(0), word(this.#first), word(this.#end))
    this.#pinned.copyWithin(0, this.#first, this.#end)
    this.#end -= this.#first
    this.#pinned.fill(undefined, this.#end)
    this.#first = 0
  }

  #describe(): void {
    const iov = this.#iovecsAddress + this.#first * IOVEC_BYTES
    this.#words[MSGHDR_IOV] = iov
    this.#words[MSGHDR_IOV + 1] = iov / TWO_32
    this.#words[MSGHDR_IOVLEN] = Math.min(this.#end - this.#first, IOV_MAX)
  }

  #read(index: number, member: typeof IOV_BASE | typeof IOV_LEN): number {
    const at = word(index) + member
    return this.#words[at] + this.#words[at + 1] * TWO_32
  }

  #writeIovec(index: number, address: number, sizeBytes: number): void {
    const at = word(index)
    this.#words[at + IOV_BASE] = address
    this.#words[at + IOV_BASE + 1] = address / TWO_32
    this.#words[at + IOV_LEN] = sizeBytes
    this.#words[at + IOV_LEN + 1] = sizeBytes / TWO_32
  }
}

/** Where an iovec lies, in 32-bit words: writing an address as two of them needs no BigInt. */
function word(index: number): number {
  return (IOVECS_AT + index * IOVEC_BYTES) / 4
}
