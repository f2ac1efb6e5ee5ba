import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { BLOCK_HEADER_SIZE, blockHash, headerPrevHash } from '../../protocol/p2p/block-header.ts'
import { REGTEST_GENESIS_HASH, REGTEST_GENESIS_HEADER } from '../../protocol/p2p/constants.ts'
import { type Hash256, hashToHex } from '../../protocol/sha256d.ts'
import { chainInfo } from './chain-info.ts'

/**
 * The blocks an HTTP server serves, whole in memory. A chain file has the blocks of a chain on
 * regtest's genesis block, from height 1 on: of each its length, 4 bytes, little endian, then the
 * block as it is on the wire.
 */
export class ChainStore {
  /** By height; of the genesis block, at 0, there is the header alone. */
  private readonly blocks: readonly Uint8Array[]
  private readonly hashes: readonly Hash256[]
  private readonly heights = new Map<Hash256, number>()
  private madeChainInfo: Uint8Array | undefined

  /** @throws if the file cannot be read, or is no chain on the genesis block */
  static open(path: string): ChainStore {
    return new ChainStore(path, readFileSync(path))
  }

  private constructor(path: string, file: Buffer) {
    const blocks: Uint8Array[] = [REGTEST_GENESIS_HEADER]
    const hashes = [REGTEST_GENESIS_HASH]
    for (let at = 0; at < file.length; ) {
      const height = blocks.length
      const block = blockAt(file, at)
      if (block === undefined) throw new Error(`${path}: block ${height} is cut off: write it anew`)
      if (headerPrevHash(block, 0) !== hashes[height - 1]) {
        throw new Error(`${path}: block ${height} is not on block ${height - 1}: write it anew`)
      }
      blocks.push(block)
      hashes.push(blockHash(block, 0))
      at += LENGTH_BYTES + block.length
    }
    this.blocks = blocks
    this.hashes = hashes
    for (const [height, hash] of hashes.entries()) this.heights.set(hash, height)
  }

  get tipHeight(): number {
    return this.blocks.length - 1
  }

  get sizeBytes(): number {
    return this.blocks.reduce((total, block) => total + block.length, 0)
  }

  /** Made once: the smallest reply is to cost little besides its way to the client. */
  get chainInfoJson(): Uint8Array {
    this.madeChainInfo ??= Buffer.from(chainInfo(this))
    return this.madeChainInfo
  }

  heightOf(hash: Hash256): number | undefined {
    return this.heights.get(hash)
  }

  /** As Core displays it. */
  hashHex(height: number): string {
    return hashToHex(this.hashes[height])
  }

  /** The block, or undefined for the genesis block, which is not stored. */
  block(height: number): Uint8Array | undefined {
    return height === 0 ? undefined : this.blocks[height]
  }

  header(height: number): Uint8Array {
    return this.blocks[height].subarray(0, BLOCK_HEADER_SIZE)
  }

  /** Headers from `height` on, as many as there are up to `count`, one after the other. */
  headers(height: number, count: number): Uint8Array {
    const blocks = this.blocks.slice(height, height + count)
    return Buffer.concat(blocks.map(block => block.subarray(0, BLOCK_HEADER_SIZE)))
  }
}

/** The file is there whole or not at all. */
export function writeChainFile(path: string, blocks: Iterable<Uint8Array>): void {
  const unfinished = `${path}.${process.pid}.unfinished`
  try {
    writeBlocks(unfinished, blocks)
    renameSync(unfinished, path)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  }
}

function writeBlocks(path: string, blocks: Iterable<Uint8Array>): void {
  const fd = openSync(path, 'w')
  try {
    for (const block of blocks) {
      const length = Buffer.alloc(LENGTH_BYTES)
      length.writeUInt32LE(block.length)
      writeAll(fd, length)
      writeAll(fd, block)
    }
  } finally {
    closeSync(fd)
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
}

function blockAt(file: Buffer, at: number): Buffer | undefined {
  if (at + LENGTH_BYTES + BLOCK_HEADER_SIZE > file.length) return undefined
  const from = at + LENGTH_BYTES
  const to = from + file.readUInt32LE(at)
  if (to < from + BLOCK_HEADER_SIZE || to > file.length) return undefined
  return file.subarray(from, to)
}

const LENGTH_BYTES = 4
