import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ChainStore, writeChainFile } from '../../implementations/node/http/chain-store.ts'
import { checkMerkleRoot } from '../../implementations/protocol/p2p/merkle-root.ts'
import type { Failed, PreparationReport } from '../driver-process.ts'
import type { Chain } from '../ibd/chain.ts'
import { buildChain } from '../ibd/chain-builder.ts'
import { CHAIN_FORMAT_VERSION, cacheDirectory } from '../ibd/chain-cache.ts'
import { type ChainParameters, withSmallLead } from '../ibd/chain-profile.ts'

/** More headers than one request may ask for, then blocks larger than a socket buffer; 16 MB. */
export const servedChain: ChainParameters = {
  profile: withSmallLead(2_100, 'large'),
  blocks: 2_116,
  seed: 1,
}

export interface ServedChainOptions extends PreparationReport {
  parameters?: ChainParameters
  /** Default: `cacheDirectory()`. */
  directory?: string
}

export type ServedChainFile = { state: 'there'; path: string; store: ChainStore } | Failed

/** The chain that HTTP servers serve, in a file that stays for the next time. */
export async function loadOrWriteServedChain({
  parameters = servedChain,
  directory = cacheDirectory(),
  warn,
  onProgress,
}: ServedChainOptions): Promise<ServedChainFile> {
  const path = join(directory, servedChainFileName(parameters))
  const loaded = load(path, parameters)
  if (loaded.state === 'there') return loaded
  if (loaded.state === 'unusable') warn(`${loaded.reason}; building the chain anew`)
  return write(path, await buildChain(parameters, { onProgress }))
}

/** @see CHAIN_FORMAT_VERSION */
function servedChainFileName({ profile, blocks, seed }: ChainParameters): string {
  return `blocks-v${CHAIN_FORMAT_VERSION}-${profile}-${blocks}-${seed}.bin`
}

type Loaded =
  | { state: 'there'; path: string; store: ChainStore }
  | { state: 'absent' }
  | { state: 'unusable'; reason: string }

function load(path: string, { blocks }: ChainParameters): Loaded {
  let store: ChainStore
  try {
    store = ChainStore.open(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return { state: 'absent' }
    return { state: 'unusable', reason: messageOf(error) }
  }
  if (store.tipHeight !== blocks) {
    return { state: 'unusable', reason: `${path} has ${store.tipHeight} of ${blocks} blocks` }
  }
  const damaged = damagedHeight(store)
  if (damaged === undefined) return { state: 'there', path, store }
  return { state: 'unusable', reason: `${path}: block ${damaged} is damaged` }
}

/** Headers are linked by their hashes, and each has the merkle root of what follows it. */
function damagedHeight(store: ChainStore): number | undefined {
  for (let height = 1; height <= store.tipHeight; height++) {
    const block = store.block(height)
    if (block === undefined || checkMerkleRoot(block) !== 'valid') return height
  }
  return undefined
}

function write(path: string, chain: Chain): ServedChainFile {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeChainFile(path, blocksOf(chain))
  } catch (error) {
    const hint = 'set SOCKBENCH_CACHE to a writable directory'
    return { state: 'failed', reason: `the chain cannot be written: ${messageOf(error)}; ${hint}` }
  }
  return { state: 'there', path, store: ChainStore.open(path) }
}

function* blocksOf(chain: Chain): Generator<Buffer> {
  for (let height = 1; height <= chain.blocks; height++) yield chain.blockBytes(height)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
