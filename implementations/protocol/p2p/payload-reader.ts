import { type Hash256, readHash } from '../sha256d.ts'
import {
  COMPACT_SIZE_NON_CANONICAL,
  COMPACT_SIZE_TRUNCATED,
  compactSizeLength,
  readCompactSize,
} from './compact-size.ts'
import { readInt32 } from './int32.ts'
import { Malformed } from './malformed.ts'

/**
 * Reads fields off a payload, one after the other. After the first failure every read answers zero
 * and `malformed` says what was wrong, so that a decoder asks once, at its end; it asks in a loop
 * over entries too, which a hostile count would otherwise keep running.
 */
export class PayloadReader {
  readonly bytes: Uint8Array
  offset = 0
  malformed: Malformed | undefined = undefined

  private readonly message: string

  /** @param message names the message in reasons */
  constructor(message: string, bytes: Uint8Array) {
    this.message = message
    this.bytes = bytes
  }

  get atEnd(): boolean {
    return this.offset >= this.bytes.length
  }

  /** Moves on by `length` bytes and returns the offset of the first, or -1 if there are fewer. */
  take(length: number): number {
    const from = this.offset
    if (this.malformed !== undefined) return -1
    if (length > this.bytes.length - from) {
      this.fail('is truncated')
      return -1
    }
    this.offset = from + length
    return from
  }

  uint8(): number {
    const at = this.take(1)
    return at < 0 ? 0 : this.bytes[at]
  }

  int32(): number {
    const at = this.take(4)
    return at < 0 ? 0 : readInt32(this.bytes, at)
  }

  uint64(): bigint {
    const at = this.take(8)
    if (at < 0) return 0n
    const low = BigInt(readInt32(this.bytes, at) >>> 0)
    const high = BigInt(readInt32(this.bytes, at + 4) >>> 0)
    return (high << 32n) | low
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64())
  }

  hash256(): Hash256 {
    const at = this.take(32)
    return at < 0 ? '' : readHash(this.bytes, at)
  }

  compactSize(): number {
    if (this.malformed !== undefined) return 0
    const value = readCompactSize(this.bytes, this.offset)
    if (value >= 0) {
      this.offset += compactSizeLength(value)
      return value
    }
    if (value === COMPACT_SIZE_TRUNCATED) this.fail('is truncated')
    else if (value === COMPACT_SIZE_NON_CANONICAL) this.fail('has a non-canonical CompactSize')
    else this.fail('has a CompactSize above MAX_SIZE')
    return 0
  }

  /** The payload cannot be read: `problem` completes the sentence "headers …". */
  fail(problem: string): void {
    this.malformed ??= new Malformed('unreadable', `${this.message} ${problem}`)
  }

  overLimit(count: number, limit: number): Malformed {
    return new Malformed(
      'overLimit',
      `${this.message} has ${count} entries, at most ${limit} may be`,
    )
  }
}
