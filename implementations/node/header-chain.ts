import { blockHash, headerBits, headerPrevHash, headerTime } from '../protocol/p2p/block-header.ts'
import {
  REGTEST_BITS,
  REGTEST_GENESIS_HASH,
  REGTEST_GENESIS_HEADER,
} from '../protocol/p2p/constants.ts'
import { meetsTarget } from '../protocol/p2p/proof-of-work.ts'
import type { Hash256 } from '../protocol/sha256d.ts'

/**
 * - `extended`: the header is the new tip.
 * - `known`: it was in the chain before.
 * - `orphan`: its parent is unknown.
 * - `fork`: valid, but it leaves the chain below the tip. Only one chain is kept here, where Core
 *   keeps a tree: forks are ignored.
 * - `invalid`: proof of work, bits or time break the rules of regtest.
 */
export type HeaderVerdict = 'extended' | 'known' | 'orphan' | 'fork' | 'invalid'

/** The best chain of headers, by height, from regtest's genesis block. */
export class HeaderChain {
  private readonly hashes: Hash256[] = [REGTEST_GENESIS_HASH]
  private readonly times: number[] = [headerTime(REGTEST_GENESIS_HEADER, 0)]
  /** Of the header that was last given to `accept`. */
  lastHash: Hash256 = REGTEST_GENESIS_HASH
  private readonly heights = new Map<Hash256, number>([[REGTEST_GENESIS_HASH, 0]])

  get tipHeight(): number {
    return this.hashes.length - 1
  }

  hashAt(height: number): Hash256 {
    return this.hashes[height]
  }

  heightOf(hash: Hash256): number | undefined {
    return this.heights.get(hash)
  }

  /** Checks and, if it fits, appends the header at `offset` (`AcceptBlockHeader`). */
  accept(bytes: Uint8Array, offset: number): HeaderVerdict {
    const hash = blockHash(bytes, offset)
    this.lastHash = hash
    if (this.heights.has(hash)) return 'known'
    const bits = headerBits(bytes, offset)
    if (bits !== REGTEST_BITS || !meetsTarget(hash, bits)) return 'invalid'
    const parent = headerPrevHash(bytes, offset)
    if (parent !== this.hashes[this.tipHeight]) return this.heights.has(parent) ? 'fork' : 'orphan'
    const time = headerTime(bytes, offset)
    if (time <= this.medianTimePast()) return 'invalid'
    this.heights.set(hash, this.hashes.length)
    this.hashes.push(hash)
    this.times.push(time)
    return 'extended'
  }

  /** Hashes from `fromHeight` down, twelve in a row and then twice as far each time (`LocatorEntries`). */
  locator(fromHeight: number): Hash256[] {
    const hashes: Hash256[] = []
    let step = 1
    for (let height = fromHeight; height > 0; ) {
      hashes.push(this.hashes[height])
      height -= step
      if (hashes.length > 10) step *= 2
    }
    hashes.push(this.hashes[0])
    return hashes
  }

  /** `GetMedianTimePast` of the tip: a header must be later. */
  private medianTimePast(): number {
    const last = this.times.slice(-11).sort((a, b) => a - b)
    return last[last.length >> 1]
  }
}
