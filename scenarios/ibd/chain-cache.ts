import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Chain, type ChainRecords } from './chain.ts'
import { type BuildOptions, buildChain } from './chain-builder.ts'
import { type ChainParameters, checkParameters } from './chain-profile.ts'

/**
 * A cache file: 256 bytes of header (JSON, padded), the frame lengths, the head lengths (uint32 per
 * block each), the heads, and the SHA-256 of everything before it.
 *
 * Part of the file's name. Raise it whenever the same parameters would give other bytes.
 */
export const CHAIN_FORMAT_VERSION = 1

const FILE_HEADER_BYTES = 256
const DIGEST_BYTES = 32

export interface CacheOptions extends BuildOptions {
  /** Default: `cacheDirectory()`. */
  directory?: string
  /** Takes one line about a cache that could not be used; the chain is built all the same. */
  warn: (line: string) => void
}

/** The chain from the cache, or built and then cached. A cache that fails costs only time. */
export async function loadOrBuildChain(
  parameters: ChainParameters,
  { directory = cacheDirectory(), warn, ...build }: CacheOptions,
): Promise<Chain> {
  checkParameters(parameters)
  const path = join(directory, cacheFileName(parameters))
  removeAbandoned(directory)
  const loaded = load(path, parameters)
  if (loaded.state === 'loaded') return loaded.chain
  if (loaded.state === 'unusable')
    warn(`chain cache ${path} ${loaded.reason}; building the chain anew`)
  const chain = await buildChain(parameters, build)
  save(path, chain, warn)
  return chain
}

/** `$SOCKBENCH_CACHE`, else `$XDG_CACHE_HOME/sockbench`, else `~/.cache/sockbench`. */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const { SOCKBENCH_CACHE, XDG_CACHE_HOME } = environment
  return SOCKBENCH_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'sockbench')
}

export function cacheFileName({ profile, blocks, seed }: ChainParameters): string {
  return `chain-v${CHAIN_FORMAT_VERSION}-${profile}-${blocks}-${seed}.bin`
}

type Loaded =
  | { state: 'loaded'; chain: Chain }
  | { state: 'absent' }
  | { state: 'unusable'; reason: string }

function load(path: string, parameters: ChainParameters): Loaded {
  let file: Buffer
  try {
    file = readFileSync(path)
  } catch (error) {
    return errorCode(error) === 'ENOENT'
      ? { state: 'absent' }
      : { state: 'unusable', reason: `cannot be read (${errorCode(error)})` }
  }
  const records = decode(file, parameters)
  return records
    ? { state: 'loaded', chain: new Chain(parameters, records) }
    : { state: 'unusable', reason: 'is damaged' }
}

/** Synchronous, so that no signal handler runs, and no exit happens, between write and rename. */
function save(path: string, chain: Chain, warn: (line: string) => void): void {
  const temporary = `${path}.tmp-${process.pid}`
  try {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(temporary, encode(chain))
    renameSync(temporary, path)
  } catch (error) {
    removeQuietly(temporary)
    warn(
      `chain cache ${path} cannot be written (${errorCode(error)}); set SOCKBENCH_CACHE to a writable directory`,
    )
  }
}

/** What processes left behind that were killed while they wrote. */
function removeAbandoned(directory: string): void {
  for (const name of namesIn(directory)) {
    const [suffix, pid] = /\.tmp-(\d+)$/.exec(name) ?? []
    if (suffix !== undefined && !isRunning(Number(pid))) removeQuietly(join(directory, name))
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return [] // it is made when a chain is saved, or cannot be read, which loading then reports
  }
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`)
}

function encode({ parameters, records }: Chain): Buffer {
  const { frameBytes, headBytes, heads } = records
  const content = Buffer.concat([
    fileHeader(parameters),
    bytesOf(frameBytes),
    bytesOf(headBytes),
    heads,
  ])
  return Buffer.concat([content, createHash('sha256').update(content).digest()])
}

/** Nothing unless `file` is exactly what `encode` wrote for these parameters. */
function decode(file: Buffer, parameters: ChainParameters): ChainRecords | undefined {
  const tableBytes = 4 * parameters.blocks
  const headsStart = FILE_HEADER_BYTES + 2 * tableBytes
  const headsEnd = file.length - DIGEST_BYTES
  if (headsEnd < headsStart) return undefined
  if (!file.subarray(0, FILE_HEADER_BYTES).equals(fileHeader(parameters))) return undefined
  const digest = createHash('sha256').update(file.subarray(0, headsEnd)).digest()
  if (!file.subarray(headsEnd).equals(digest)) return undefined
  const table = (start: number) =>
    new Uint32Array(Uint8Array.from(file.subarray(start, start + tableBytes)).buffer)
  return {
    frameBytes: table(FILE_HEADER_BYTES),
    headBytes: table(FILE_HEADER_BYTES + tableBytes),
    heads: file.subarray(headsStart, headsEnd),
  }
}

function fileHeader({ profile, blocks, seed }: ChainParameters): Buffer {
  const header = Buffer.alloc(FILE_HEADER_BYTES, ' ')
  header.write(JSON.stringify({ format: CHAIN_FORMAT_VERSION, profile, blocks, seed }))
  return header
}

function bytesOf(table: Uint32Array): Buffer {
  return Buffer.from(table.buffer, table.byteOffset, table.byteLength)
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // The directory may be what cannot be written: then there is nothing to remove.
  }
}

function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  throw error
}
