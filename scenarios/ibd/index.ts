import {
  BLOCK_DOWNLOAD_WINDOW,
  MAX_BLOCKS_IN_TRANSIT_PER_PEER,
} from '../../implementations/node/block-download.ts'
import { verifyLevels } from '../../implementations/node/verify-level.ts'
import { sendModes } from '../../implementations/send-mode.ts'
import { type Scenario, SettingError, type Workload } from '../scenario.ts'
import { oneOf, type Settings, settingsMatrix, textOf, wholeNumber } from '../settings.ts'
import { serverDefaults } from './block-server.ts'
import {
  blockSizes,
  type ChainParameters,
  ChainParametersError,
  checkParameters,
  withSmallLead,
} from './chain-profile.ts'

/**
 * Between slices the driver holds blocks back. With more peers than this, what they were asked for
 * fills the download window of 1,024 blocks, and the one that holds the first missing block would
 * count as stalling, and be dropped.
 */
const MAX_PEERS = BLOCK_DOWNLOAD_WINDOW / MAX_BLOCKS_IN_TRANSIT_PER_PEER

/** Half of what SO_SNDBUF can be: the kernel doubles it. */
const MAX_BUFFER_BYTES = 0x3fff_ffff

interface DownloadScenario extends Scenario {
  workloads(settings: Settings): Download[]
}

/** What its driver needs to know: the chain to serve, and over which sockets. */
export interface DownloadPreparation extends ChainParameters {
  readonly socketBufferBytes: number
}

export interface Download extends Workload {
  readonly preparation: DownloadPreparation
}

/** Initial block download: the subject fetches a synthetic chain from peers in the driver. */
export const ibd: DownloadScenario = {
  name: 'ibd',
  summary: `initial block download of a synthetic chain from 1 to ${MAX_PEERS} peers`,
  settings: [
    {
      name: 'profile',
      meaning: 'block sizes: large, small, mainnet, mainnet:FACTOR, or bytes',
      fallback: 'large,small',
    },
    {
      name: 'peers',
      meaning: `connections to download from, 1 to ${MAX_PEERS}`,
      fallback: '1',
    },
    { name: 'mode', meaning: `who sends: ${sendModes.join(', ')}`, fallback: 'optimistic' },
    {
      name: 'refill',
      meaning: `ask a peer again once it could take this many more blocks, 1 (as Core) to ${MAX_BLOCKS_IN_TRANSIT_PER_PEER}`,
      fallback: '1',
    },
    { name: 'verify', meaning: `what is checked: ${verifyLevels.join(', ')}`, fallback: 'none' },
    { name: 'chain-seed', meaning: 'of the chain, 0 to 4294967295', fallback: '1' },
    { name: 'slices', meaning: 'measured slices per process, 2 to 10000', fallback: '64' },
    {
      name: 'slice-blocks',
      meaning: 'blocks per slice; 0 chooses by block size',
      fallback: '0',
    },
    {
      name: 'buffer-bytes',
      meaning: `SO_SNDBUF and SO_RCVBUF of both ends, 0 to ${MAX_BUFFER_BYTES}; 0 leaves them to the kernel, whose autotuning favours one process or another`,
      fallback: String(serverDefaults.socketBufferBytes),
    },
  ],
  driver: new URL('./driver.js', import.meta.url),

  workloads(settings) {
    return settingsMatrix(this, settings).map(workload)
  },
}

function workload(settings: Settings): Download {
  const profile = textOf(settings, 'profile')
  const seed = wholeNumber(settings, 'chain-seed', 0, 0xffffffff)
  const peers = wholeNumber(settings, 'peers', 1, MAX_PEERS)
  const sendMode = oneOf(settings, 'mode', sendModes)
  const verify = oneOf(settings, 'verify', verifyLevels)
  const refillBlocks = wholeNumber(settings, 'refill', 1, MAX_BLOCKS_IN_TRANSIT_PER_PEER)
  const slices = wholeNumber(settings, 'slices', 2, 10_000)
  const meanBytes = meanBlockBytes({ profile, blocks: 1000, seed })
  const chosen = wholeNumber(settings, 'slice-blocks', 0, 100_000)
  const socketBufferBytes = wholeNumber(settings, 'buffer-bytes', 0, MAX_BUFFER_BYTES)
  const sliceBlocks = chosen === 0 ? blocksPerSlice(meanBytes, peers) : chosen
  // What a subject has asked for beyond the last slice has to exist, too.
  const inFlight = peers * MAX_BLOCKS_IN_TRANSIT_PER_PEER
  const blocks = LEAD_BLOCKS + (1 + slices + COUNTING_SLICES) * sliceBlocks + inFlight
  const preparation: DownloadPreparation = {
    profile: withSmallLead(LEAD_BLOCKS, profile),
    blocks,
    seed,
    socketBufferBytes,
  }
  assertPossible(preparation)
  const usualBuffers = socketBufferBytes === serverDefaults.socketBufferBytes
  const unusual = [
    ...(sendMode === 'optimistic' ? [] : [sendMode]),
    ...(refillBlocks === 1 ? [] : [`refill ${refillBlocks}`]),
    ...(verify === 'none' ? [] : [`verify ${verify}`]),
    ...(usualBuffers ? [] : [bufferWords(socketBufferBytes)]),
  ]
  return {
    scenario: 'ibd',
    parameters: {
      profile,
      peers,
      mode: sendMode,
      refill: refillBlocks,
      verify,
      chainSeed: seed,
      slices,
      sliceBlocks,
      ...(usualBuffers ? {} : { bufferBytes: socketBufferBytes }),
    },
    label: [profile, peers === 1 ? '1 peer' : `${peers} peers`, ...unusual].join(', '),
    unit: meanBytes >= GB_UNIT_MIN_BLOCK_BYTES ? 'GB' : 'message',
    preparation,
    services: [
      {
        protocol: 'p2p',
        connections: peers,
        sendMode,
        verify,
        refillBlocks,
        socketBufferBytes,
      },
    ],
    loops: ['one'],
    // A loop that spins would spin on the CPU of the one that works.
    lives: sendMode === 'pollout' ? 'alone' : 'together',
    idleMs: 0,
    measuresLatency: false,
    samplesTogether: 1,
    caveats: sendMode === 'pollout' ? [POLLOUT_CAVEAT] : [],
    warmUp: [LEAD_BLOCKS, sliceBlocks],
    slices,
    sliceWork: sliceBlocks,
    countingSlices: COUNTING_SLICES,
    rounds: ROUNDS,
  }
}

const POLLOUT_CAVEAT =
  'in mode pollout the socket thread spins, on the CPU of the message handler, and subjects are measured one after the other'

function bufferWords(bytes: number): string {
  return bytes === 0 ? 'buffers left to the kernel' : `buffers of ${bytes} bytes`
}

/** The least that give an interval. */
const ROUNDS = 6
const COUNTING_SLICES = 2

/**
 * Every chain starts with this many small blocks, for warming up: V8 compiles what it has seen run
 * some thousands of times, which large blocks alone would take gigabytes for, and a node that
 * downloads a real chain is past it after a minute.
 */
const LEAD_BLOCKS = 4_000
/** Blocks above this are a stream of bytes to a subject, blocks below it messages. */
const GB_UNIT_MIN_BLOCK_BYTES = 16_384
/**
 * A slice is so short that what disturbs the machine for a tenth of a second disturbs a whole group
 * of slices alike, and long enough that its barrier, one ping per peer, costs next to nothing.
 */
const SLICE_BYTES = 8 << 20
const MAX_SLICE_BLOCKS = 500
const MIN_SLICE_BLOCKS_PER_PEER = 4

function blocksPerSlice(meanBytes: number, peers: number): number {
  const blocks = Math.min(MAX_SLICE_BLOCKS, Math.round(SLICE_BYTES / meanBytes))
  return Math.max(blocks, 1, MIN_SLICE_BLOCKS_PER_PEER * peers)
}

function meanBlockBytes(parameters: ChainParameters): number {
  assertPossible(parameters)
  const sizes = blockSizes(parameters)
  return sizes.reduce((sum, size) => sum + size, 0) / sizes.length
}

function assertPossible(parameters: ChainParameters): void {
  try {
    checkParameters(parameters)
  } catch (error) {
    if (error instanceof ChainParametersError) throw new SettingError(error.message)
    throw error
  }
}
