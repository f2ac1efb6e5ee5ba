/**
 * One direction of an in-memory connection: a bounded queue of bytes, which is at once the send
 * buffer of one end and the receive buffer of the other.
 */
export class DynPipe {
  readonly #ring: Uint8Array
  #start = 0
  #length = 0

  constructor(capacityBytes: number) {
    this.#ring = new Uint8Array(capacityBytes)
  }

  /** Bytes waiting to be read. */
  get length(): number {
    return this.#length
  }

  get room(): number {
    return this.#ring.length - this.#length
  }

  /** Takes the prefix of `data` that there is room for, and answers its size in bytes. */
  write(data: Uint8Array): number {
    const sizeBytes = Math.min(data.length, this.room)
    const end = (this.#start + this.#length) % this.#ring.length
    const untilWrap = Math.min(sizeBytes, this.#ring.length - end)
    this.#ring.set(data.subarray(0, untilWrap), end)
    this.#ring.set(data.subarray(untilWrap, sizeBytes), 0)
    this.#length += sizeBytes
    return sizeBytes
  }

  /** Fills `buffer` as far as there are bytes, and answers how many those were. */
  read(buffer: Uint8Array): number {
    const sizeBytes = Math.min(buffer.length, this.#length)
    const untilWrap = Math.min(sizeBytes, this.#ring.length - this.#start)
    buffer.set(this.#ring.subarray(this.#start, this.#start + untilWrap), 0)
    buffer.set(this.#ring.subarray(0, sizeBytes - untilWrap), untilWrap)
    this.#start = (this.#start + sizeBytes) % this.#ring.length
    this.#length -= sizeBytes
    return sizeBytes
  }
}
