import { BLOCK_HEADER_SIZE } from '../../implementations/protocol/p2p/block-header.ts'
import { HEADER_SIZE, REGTEST_GENESIS_HASH } from '../../implementations/protocol/p2p/constants.ts'
import { encodeHeaders } from '../../implementations/protocol/p2p/messages/headers.ts'
import { type Hash256, hashToHex, sha256d } from '../../implementations/protocol/sha256d.ts'
import type { ChainParameters } from './chain-profile.ts'
import { sharedFiller } from './filler.ts'

/**
 * What a chain consists of beside its shared filler: per block the head of its frame. A frame is a
 * whole P2P message: the 24-byte header, then the block.
 */
export interface ChainRecords {
  /** Length of each frame in bytes, by height - 1. */
  frameBytes: Uint32Array
  /** How many bytes of each frame are in `heads`; the rest is a suffix of the filler. */
  headBytes: Uint32Array
  /** The heads, one after the other. A small block's head is its whole frame. */
  heads: Buffer
}

/**
 * A synthetic regtest chain on top of the genesis block, ready to be sent: the frame of the block at
 * `height` is `heads[headOffset, + headBytes)` followed by the last `tailBytes` of `filler`. Heads
 * stand in order without gaps, so consecutive blocks without tails are one run of bytes.
 */
export class Chain {
  readonly parameters: ChainParameters
  /** Number of blocks above genesis, and the tip's height. */
  readonly blocks: number
  readonly records: ChainRecords
  readonly filler: Buffer
  readonly #headOffsets: Float64Array
  readonly #hashes: Hash256[]
  readonly #heights = new Map<Hash256, number>()

  constructor(parameters: ChainParameters, records: ChainRecords) {
    this.parameters = parameters
    this.blocks = parameters.blocks
    this.records = records
    this.filler = sharedFiller(parameters.seed)
    this.#headOffsets = new Float64Array(this.blocks + 1)
    this.#hashes = [REGTEST_GENESIS_HASH]
    this.#heights.set(REGTEST_GENESIS_HASH, 0)
    for (let height = 1; height <= this.blocks; ++height) {
      this.#headOffsets[height] = this.#headOffsets[height - 1] + records.headBytes[height - 1]
      const hash = sha256d(this.header(height))
      this.#hashes.push(hash)
      this.#heights.set(hash, height)
    }
  }

  get heads(): Buffer {
    return this.records.heads
  }

  headOffset(height: number): number {
    return this.#headOffsets[height - 1]
  }

  headBytes(height: number): number {
    return this.records.headBytes[height - 1]
  }

  frameBytes(height: number): number {
    return this.records.frameBytes[height - 1]
  }

  tailBytes(height: number): number {
    return this.frameBytes(height) - this.headBytes(height)
  }

  /** The hash of the block at `height`; 0 is the genesis block. */
  hash(height: number): Hash256 {
    return this.#hashes[height]
  }

  /** The height of a block of this chain, genesis included. */
  heightOf(hash: Hash256): number | undefined {
    return this.#heights.get(hash)
  }

  /** As bitcoind displays it. */
  get tipHash(): string {
    return hashToHex(this.hash(this.blocks))
  }

  /** The 80-byte header of a block above genesis, a view. */
  header(height: number): Buffer {
    const start = this.headOffset(height) + HEADER_SIZE
    return this.heads.subarray(start, start + BLOCK_HEADER_SIZE)
  }

  /** The payload of a `headers` message with `count` headers from height `from` on. */
  headersPayload(from: number, count: number): Uint8Array {
    const headers = Buffer.allocUnsafe(count * BLOCK_HEADER_SIZE)
    for (let i = 0; i < count; ++i) this.header(from + i).copy(headers, i * BLOCK_HEADER_SIZE)
    return encodeHeaders(headers)
  }

  /** A copy of the whole serialised block, without the frame's header. */
  blockBytes(height: number): Buffer {
    const start = this.headOffset(height)
    return Buffer.concat([
      this.heads.subarray(start + HEADER_SIZE, start + this.headBytes(height)),
      this.filler.subarray(this.filler.length - this.tailBytes(height)),
    ])
  }
}
