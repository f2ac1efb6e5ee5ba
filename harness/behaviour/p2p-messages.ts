import {
  BLOCK_HEADER_SIZE,
  blockHash,
  headerNonce,
  readBlockHeader,
  writeBlockHeader,
} from '../../implementations/protocol/p2p/block-header.ts'
import {
  compactSizeLength,
  writeCompactSize,
} from '../../implementations/protocol/p2p/compact-size.ts'
import {
  HEADER_SIZE,
  MAX_HEADERS_RESULTS,
  MAX_INV_SZ,
  MAX_LOCATOR_SZ,
  MAX_PROTOCOL_MESSAGE_LENGTH,
  MSG_BLOCK,
  NODE_NETWORK,
  PROTOCOL_VERSION,
  REGTEST_BITS,
  REGTEST_GENESIS_HASH,
  REGTEST_MAGIC,
} from '../../implementations/protocol/p2p/constants.ts'
import { writeFrame } from '../../implementations/protocol/p2p/frame.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { emptyPayload } from '../../implementations/protocol/p2p/messages/empty.ts'
import {
  encodeGetHeaders,
  NO_HASH_STOP,
} from '../../implementations/protocol/p2p/messages/getheaders.ts'
import { encodeHeaders } from '../../implementations/protocol/p2p/messages/headers.ts'
import { encodeInventory } from '../../implementations/protocol/p2p/messages/inventory.ts'
import { encodePing } from '../../implementations/protocol/p2p/messages/ping.ts'
import { encodeVersion } from '../../implementations/protocol/p2p/messages/version.ts'
import { meetsTarget } from '../../implementations/protocol/p2p/proof-of-work.ts'
import { buildChain } from '../../scenarios/ibd/chain-builder.ts'

/** Something that a peer sends, and what a node must make of it. */
export interface P2pUtterance {
  readonly name: string
  /** What demands it: a function of Bitcoin Core. */
  readonly source: string
  readonly bytes: Uint8Array
  /** Whether it goes on with what is behind, or closes the connection. */
  readonly afterwards: 'goes on' | 'disconnects'
}

const CHAIN_BLOCKS = 4
const chain = await buildChain({ profile: '300', blocks: CHAIN_BLOCKS, seed: 1 })
const otherChain = await buildChain({ profile: '300', blocks: 2, seed: 2 })

const UNKNOWN_HASH = '\x01'.repeat(32)

function frame(type: MessageType, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(HEADER_SIZE + payload.length)
  writeFrame(bytes, 0, REGTEST_MAGIC, type, payload)
  return bytes
}

export function ping(nonce: bigint): Buffer {
  return frame(MessageType.ping, encodePing(nonce))
}

export const version: Buffer = frame(
  MessageType.version,
  encodeVersion({
    version: PROTOCOL_VERSION,
    services: NODE_NETWORK,
    time: 0,
    nonce: 0x5ec4_be11n,
    userAgent: '/sockbench-conform/',
    startHeight: 0,
    relay: false,
  }),
)
export const verack: Buffer = frame(MessageType.verack, emptyPayload)

/** Headers of our chain from genesis on, then the block at that height. */
function announcedBlock(height: number): Buffer {
  const announcement = frame(MessageType.headers, chain.headersPayload(1, height))
  return Buffer.concat([announcement, block(chain.blockBytes(height))])
}

const V1_TRANSPORT = 'V1Transport::readHeader'
const GET_MESSAGE = 'V1Transport::GetReceivedMessage'
const PROCESS_MESSAGE = 'PeerManagerImpl::ProcessMessage'
const PROCESS_HEADERS = 'PeerManagerImpl::ProcessHeadersMessage'

/** After the handshake. Each is judged by whether the ping behind it is answered. */
export const p2pUtterances: readonly P2pUtterance[] = [
  harmless('a ping without a nonce', PROCESS_MESSAGE, frame(MessageType.ping, emptyPayload)),
  harmless('a pong nobody asked for', PROCESS_MESSAGE, frame(MessageType.pong, encodePing(1n))),
  harmless('a second version', PROCESS_MESSAGE, version),
  harmless('a second verack', PROCESS_MESSAGE, verack),
  harmless('an unknown type', PROCESS_MESSAGE, withTypeByte(ping(1n), 0, 'x')),
  harmless('an unknown type with 100 kB', PROCESS_MESSAGE, unknownMessage(100_000)),
  harmless('4,000,000 bytes', V1_TRANSPORT, unknownMessage(MAX_PROTOCOL_MESSAGE_LENGTH)),
  harmless('a bad checksum', GET_MESSAGE, withByte(ping(1n), 20, 1)),
  harmless('a bad checksum of nothing', GET_MESSAGE, withByte(verack, 23, 1)),
  harmless('a byte after NUL in the type', GET_MESSAGE, withTypeByte(ping(1n), 11, 'x')),
  harmless('a type that is not ASCII', GET_MESSAGE, withTypeByte(ping(1n), 0, '\xff')),
  harmless('no headers', PROCESS_HEADERS, frame(MessageType.headers, encodeHeaders(emptyPayload))),
  harmless('headers cut off', PROCESS_MESSAGE, frame(MessageType.headers, Buffer.from([2, 0, 0]))),
  harmless('a block of 10 bytes', PROCESS_MESSAGE, block(Buffer.alloc(10))),
  harmless('an unknown block asked for', 'PeerManagerImpl::ProcessGetData', getData(1)),
  harmless('50,000 transactions announced', PROCESS_MESSAGE, inventory(MAX_INV_SZ, 1)),
  harmless('a locator of 101', PROCESS_MESSAGE, getHeaders(MAX_LOCATOR_SZ)),
  harmless('headers and a block', PROCESS_HEADERS, announcedBlock(CHAIN_BLOCKS)),

  fatal('wrong magic', V1_TRANSPORT, withByte(ping(1n), 0, 1)),
  fatal('4,000,001 bytes announced', V1_TRANSPORT, withLength(ping(1n), 4_000_001)),
  fatal('4 GiB announced', V1_TRANSPORT, withLength(ping(1n), 0xffff_ffff)),
  fatal('2,001 headers', PROCESS_MESSAGE, tooMany(MessageType.headers, MAX_HEADERS_RESULTS, 81)),
  fatal('50,001 announced', PROCESS_MESSAGE, inventory(MAX_INV_SZ + 1, 1)),
  fatal('50,001 asked for', PROCESS_MESSAGE, getData(MAX_INV_SZ + 1)),
  fatal('a locator of 102', PROCESS_MESSAGE, getHeaders(MAX_LOCATOR_SZ + 1)),
  fatal('headers with a gap', PROCESS_HEADERS, headers(chain.header(1), chain.header(3))),
  fatal('bad proof of work', PROCESS_HEADERS, headers(withoutWork(chain.header(1)))),
  fatal(
    'a block with an unknown parent',
    'PeerManagerImpl::ProcessBlock',
    block(otherChain.blockBytes(2)),
  ),
  fatal('a bad merkle root', 'CheckBlock', blockWithBadMerkleRoot(1)),
]

function harmless(name: string, source: string, bytes: Uint8Array): P2pUtterance {
  return { name, source, bytes, afterwards: 'goes on' }
}

function fatal(name: string, source: string, bytes: Uint8Array): P2pUtterance {
  return { name, source, bytes, afterwards: 'disconnects' }
}

function withByte(bytes: Uint8Array, at: number, xor: number): Buffer {
  const changed = Buffer.from(bytes)
  changed[at] ^= xor
  return changed
}

function withTypeByte(bytes: Uint8Array, at: number, character: string): Buffer {
  const changed = Buffer.from(bytes)
  changed.write(character, 4 + at, 'latin1')
  return changed
}

function withLength(bytes: Uint8Array, length: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt32LE(length, 16)
  return changed
}

/** Of a type that nobody knows: received whole, then ignored. */
export function unknownMessage(payloadBytes: number): Buffer {
  return withTypeByte(frame(MessageType.ping, Buffer.alloc(payloadBytes)), 0, 'x')
}

/** A message with one more entry than there may be, all zero. */
function tooMany(type: MessageType, limit: number, entryBytes: number): Buffer {
  return frame(type, counted(limit + 1, Buffer.alloc((limit + 1) * entryBytes)))
}

function counted(count: number, entries: Uint8Array): Buffer {
  const prefix = Buffer.alloc(compactSizeLength(count))
  writeCompactSize(prefix, 0, count)
  return Buffer.concat([prefix, entries])
}

function inventory(count: number, type: number): Buffer {
  const entries = Array.from({ length: count }, () => ({ type, hash: UNKNOWN_HASH }))
  return frame(MessageType.inv, encodeInventory(entries))
}

function getData(count: number): Buffer {
  const entries = Array.from({ length: count }, () => ({ type: MSG_BLOCK, hash: UNKNOWN_HASH }))
  return frame(MessageType.getdata, encodeInventory(entries))
}

function getHeaders(locatorLength: number): Buffer {
  const locator = Array.from({ length: locatorLength }, () => REGTEST_GENESIS_HASH)
  return frame(MessageType.getheaders, encodeGetHeaders({ locator, hashStop: NO_HASH_STOP }))
}

export function block(bytes: Uint8Array): Buffer {
  return frame(MessageType.block, bytes)
}

export function headers(...some: Uint8Array[]): Buffer {
  return frame(MessageType.headers, encodeHeaders(Buffer.concat(some)))
}

/** The same header, with the next nonce whose hash is above the target. */
function withoutWork(header: Uint8Array): Buffer {
  const bytes = Buffer.from(header)
  const fields = readBlockHeader(bytes, 0)
  do {
    writeBlockHeader(bytes, 0, { ...fields, nonce: headerNonce(bytes, 0) + 1 })
  } while (meetsTarget(blockHash(bytes, 0), REGTEST_BITS))
  return bytes
}

function blockWithBadMerkleRoot(height: number): Buffer {
  const bytes = chain.blockBytes(height)
  const announcement = frame(MessageType.headers, chain.headersPayload(1, height))
  bytes[BLOCK_HEADER_SIZE + 10] ^= 1
  return Buffer.concat([announcement, block(bytes)])
}
