import { mulberry32 } from '../random.ts'

/**
 * How large the blocks of a synthetic chain are. Sizes are whole serialised blocks in bytes, header
 * and transaction count included, without the 24-byte P2P frame header.
 */

/** Below this the coinbase with its height, seed and filler output does not fit. */
export const MIN_BLOCK_BYTES = 200
/** A block without witness data may have 1,000,000 bytes (4,000,000 weight); this leaves a margin. */
export const MAX_BLOCK_BYTES = 990_000
/** 600 s apart from 2011 on, later blocks would carry times in the future, which nodes reject. */
export const MAX_BLOCKS = 500_000

const LARGE_BLOCK_BYTES = MAX_BLOCK_BYTES
const SMALL_BLOCK_BYTES = 300
const BLOCKS_PER_YEAR = 53_000

/**
 * Mean block size by year in bytes, 2009 to 2025: approximate readings of public charts of Bitcoin's
 * chain. Only the shape matters.
 */
const MEAN_BYTES_BY_YEAR = [
  200, 1_000, 15_000, 60_000, 150_000, 240_000, 480_000, 780_000, 920_000, 880_000, 1_030_000,
  1_180_000, 1_250_000, 1_170_000, 1_670_000, 1_620_000, 1_500_000,
]

/** What determines a chain, byte for byte. */
export interface ChainParameters {
  /**
   * `large`, `small`, `mainnet`, `mainnet:FACTOR` or a block size in bytes. `small:COUNT+PROFILE`
   * puts COUNT small blocks before those of PROFILE.
   */
  profile: string
  /** Blocks on top of the genesis block: the tip's height. */
  blocks: number
  /** An unsigned 32-bit number. */
  seed: number
}

/** The parameters describe no chain that can be built; the message says why. */
export class ChainParametersError extends Error {}

/** Throws ChainParametersError unless `parameters` describe a chain. */
export function checkParameters({ profile, blocks, seed }: ChainParameters): void {
  parseProfile(profile)
  if (!Number.isInteger(blocks) || blocks < 1 || blocks > MAX_BLOCKS)
    throw new ChainParametersError(
      `blocks must be a whole number from 1 to ${MAX_BLOCKS}, not ${blocks}`,
    )
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw new ChainParametersError(`seed must be a whole number from 0 to 4294967295, not ${seed}`)
}

/** The size in bytes of each block: `sizes[height - 1]`. */
export function blockSizes(parameters: ChainParameters): Uint32Array {
  checkParameters(parameters)
  const { leadBlocks, profile } = parseProfile(parameters.profile)
  const sizes = new Uint32Array(parameters.blocks).fill(SMALL_BLOCK_BYTES)
  const rest = sizes.subarray(leadBlocks)
  if (profile.kind === 'fixed') rest.fill(profile.blockBytes)
  else fillMainnetSizes(rest, profile.factor, parameters.seed)
  return sizes
}

/** The profile that starts with `leadBlocks` small blocks. */
export function withSmallLead(leadBlocks: number, profile: string): string {
  return `small:${leadBlocks}+${profile}`
}

type Profile = { kind: 'fixed'; blockBytes: number } | { kind: 'mainnet'; factor: number }

function parseProfile(text: string): { leadBlocks: number; profile: Profile } {
  const [, leadBlocks, main] = /^small:(\d{1,6})\+(.*)$/.exec(text) ?? ['', '0', text]
  return { leadBlocks: Number(leadBlocks), profile: parseMainProfile(main) }
}

function parseMainProfile(profile: string): Profile {
  if (profile === 'large') return { kind: 'fixed', blockBytes: LARGE_BLOCK_BYTES }
  if (profile === 'small') return { kind: 'fixed', blockBytes: SMALL_BLOCK_BYTES }
  if (/^\d{1,9}$/.test(profile)) return { kind: 'fixed', blockBytes: checkedBlockBytes(profile) }
  const mainnet = /^mainnet(?::(\d{1,4}(?:\.\d{1,6})?))?$/.exec(profile)
  if (!mainnet)
    throw new ChainParametersError(
      `no chain profile "${profile}"; known: large, small, mainnet, mainnet:FACTOR, or a block size in bytes`,
    )
  const factor = Number(mainnet[1] ?? '1')
  if (factor <= 0 || factor > 1000)
    throw new ChainParametersError(`the factor of ${profile} must be above 0 and at most 1000`)
  return { kind: 'mainnet', factor }
}

function checkedBlockBytes(text: string): number {
  const blockBytes = Number(text)
  if (blockBytes < MIN_BLOCK_BYTES || blockBytes > MAX_BLOCK_BYTES)
    throw new ChainParametersError(
      `a block of ${text} bytes is not possible: choose ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}`,
    )
  return blockBytes
}

/** All years squeezed into the blocks there are; single blocks vary by ±50 % around their year's mean. */
function fillMainnetSizes(sizes: Uint32Array, factor: number, seed: number): void {
  const historyBlocks = MEAN_BYTES_BY_YEAR.length * BLOCKS_PER_YEAR
  const random = mulberry32(seed)
  for (let i = 0; i < sizes.length; ++i) {
    const historyHeight = Math.floor((i * historyBlocks) / sizes.length)
    const mean = MEAN_BYTES_BY_YEAR[Math.floor(historyHeight / BLOCKS_PER_YEAR)] * factor
    const size = Math.round(mean * (0.5 + random()))
    sizes[i] = Math.min(MAX_BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, size))
  }
}
