import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  BLOCK_HEADER_SIZE,
  blockHash,
  writeBlockHeader,
} from '../../implementations/protocol/p2p/block-header.ts'
import { checksumOfHash } from '../../implementations/protocol/p2p/checksum.ts'
import {
  HEADER_SIZE,
  REGTEST_BITS,
  REGTEST_GENESIS_HASH,
  REGTEST_MAGIC,
} from '../../implementations/protocol/p2p/constants.ts'
import { writeHeader } from '../../implementations/protocol/p2p/frame.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { meetsTarget } from '../../implementations/protocol/p2p/proof-of-work.ts'
import { type Hash256, sha256d, sha256dFinish } from '../../implementations/protocol/sha256d.ts'
import { Chain, type ChainRecords } from './chain.ts'
import { blockSizes, type ChainParameters } from './chain-profile.ts'
import { coinbaseHead } from './coinbase.ts'
import { sharedFiller } from './filler.ts'

export interface BuildOptions {
  onProgress?: (done: number, total: number) => void
  signal?: AbortSignal
}

/** Up to this size a block's whole frame is stored, so that many of them are one run of bytes. */
const WHOLE_FRAME_MAX_BYTES = 4096
/** Room for the head of a larger block: 24 + 80 + 1 + at most 85 bytes of coinbase. */
const HEAD_ROOM_BYTES = 256
/** How long a build may keep the event loop waiting. */
const BUILD_TURN_MS = 40

const BLOCK_VERSION = 0x20000000
const GENESIS_TIME = 1_296_688_602
const BLOCK_SPACING_SECONDS = 600

/**
 * Builds the chain, about 1.5 ms per 990 kB block: every byte passes SHA-256 twice, once for the
 * transaction's id and once for the frame's checksum. Rejects with the signal's reason when aborted.
 */
export async function buildChain(
  parameters: ChainParameters,
  { onProgress, signal }: BuildOptions = {},
): Promise<Chain> {
  const sizes = blockSizes(parameters)
  const writer = new RecordWriter(parameters.seed, sizes)
  let turnEndsMs = 0
  for (let height = 1; height <= parameters.blocks; ++height) {
    if (performance.now() >= turnEndsMs) {
      onProgress?.(height - 1, parameters.blocks)
      await nextTurn()
      signal?.throwIfAborted()
      turnEndsMs = performance.now() + BUILD_TURN_MS
    }
    writer.addBlock(height, sizes[height - 1])
  }
  onProgress?.(parameters.blocks, parameters.blocks)
  return new Chain(parameters, writer.finish())
}

/** Appends one block after the other to the records. */
class RecordWriter {
  readonly #seed: number
  readonly #filler: Buffer
  readonly #records: ChainRecords
  #used = 0
  #previousHash: Hash256 = REGTEST_GENESIS_HASH

  constructor(seed: number, sizes: Uint32Array) {
    this.#seed = seed
    this.#filler = sharedFiller(seed)
    const heads = Buffer.alloc(sizes.reduce((sum, size) => sum + headRoomBytes(size), 0))
    const lengths = {
      frameBytes: new Uint32Array(sizes.length),
      headBytes: new Uint32Array(sizes.length),
    }
    this.#records = { ...lengths, heads }
  }

  addBlock(height: number, sizeBytes: number): void {
    const start = this.#used
    const block = start + HEADER_SIZE
    const { heads } = this.#records
    const coinbaseBytes = sizeBytes - BLOCK_HEADER_SIZE - 1
    const coinbase = coinbaseHead(height, this.#seed, coinbaseBytes)
    let tail = this.#filler.subarray(this.#filler.length - coinbase.tailBytes)

    heads[block + BLOCK_HEADER_SIZE] = 1 // transaction count
    let end = block + BLOCK_HEADER_SIZE + 1
    end += coinbase.head.copy(heads, end)
    if (sizeBytes <= WHOLE_FRAME_MAX_BYTES) {
      end += tail.copy(heads, end)
      tail = tail.subarray(tail.length)
    }

    const merkleRoot = sha256dOfParts(
      heads.subarray(end - (coinbaseBytes - tail.length), end),
      tail,
    )
    this.#previousHash = mineHeader(heads, block, this.#previousHash, merkleRoot, height)
    const hash = sha256dOfParts(heads.subarray(block, end), tail)
    writeHeader(heads, start, REGTEST_MAGIC, MessageType.block, sizeBytes, checksumOfHash(hash))

    this.#records.frameBytes[height - 1] = HEADER_SIZE + sizeBytes
    this.#records.headBytes[height - 1] = end - start
    this.#used = end
  }

  finish(): ChainRecords {
    return { ...this.#records, heads: this.#records.heads.subarray(0, this.#used) }
  }
}

function headRoomBytes(sizeBytes: number): number {
  return sizeBytes <= WHOLE_FRAME_MAX_BYTES ? HEADER_SIZE + sizeBytes : HEAD_ROOM_BYTES
}

function sha256dOfParts(head: Buffer, tail: Buffer): Hash256 {
  if (tail.length === 0) return sha256d(head)
  return sha256dFinish(createHash('sha256').update(head).update(tail))
}

/** Every second nonce meets regtest's target. @returns the block's hash */
function mineHeader(
  bytes: Buffer,
  offset: number,
  prevHash: Hash256,
  merkleRoot: Hash256,
  height: number,
): Hash256 {
  const time = GENESIS_TIME + BLOCK_SPACING_SECONDS * height
  const fields = { version: BLOCK_VERSION, prevHash, merkleRoot, time, bits: REGTEST_BITS }
  for (let nonce = 0; ; ++nonce) {
    writeBlockHeader(bytes, offset, { ...fields, nonce })
    const hash = blockHash(bytes, offset)
    if (meetsTarget(hash, REGTEST_BITS)) return hash
  }
}
