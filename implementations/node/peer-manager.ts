import { randomBytes } from 'node:crypto'
import { BLOCK_HEADER_SIZE, blockHash, headerPrevHash } from '../protocol/p2p/block-header.ts'
import {
  MAX_HEADERS_RESULTS,
  MSG_BLOCK,
  MSG_WITNESS_BLOCK,
  MSG_WITNESS_FLAG,
  NODE_NETWORK,
  NODE_WITNESS,
  PROTOCOL_VERSION,
} from '../protocol/p2p/constants.ts'
import { Malformed } from '../protocol/p2p/malformed.ts'
import { checkMerkleRoot } from '../protocol/p2p/merkle-root.ts'
import { MessageType } from '../protocol/p2p/message-type.ts'
import { emptyPayload } from '../protocol/p2p/messages/empty.ts'
import {
  decodeGetHeaders,
  encodeGetHeaders,
  NO_HASH_STOP,
} from '../protocol/p2p/messages/getheaders.ts'
import { decodeHeaders, encodeHeaders } from '../protocol/p2p/messages/headers.ts'
import { decodeInventory, encodeInventory } from '../protocol/p2p/messages/inventory.ts'
import { decodeVersion, encodeVersion } from '../protocol/p2p/messages/version.ts'
import { BlockDownload, MAX_BLOCKS_IN_TRANSIT_PER_PEER } from './block-download.ts'
import { HeaderChain } from './header-chain.ts'
import type { MessagePusher, PeerNode } from './node.ts'
import type { VerifyLevel } from './verify-level.ts'

export interface PeerManagerOptions<N extends PeerNode> {
  pusher: MessagePusher<N>
  verify: VerifyLevel
  /** A peer is asked for more blocks once this many more may be in flight from it; 1 in Core. */
  refillBlocks: number
  /** A monotonic clock, in milliseconds. */
  nowMs: () => number
  /** A peer is being disconnected for what it did, or did not do. */
  onDisconnect: (node: N, reason: string) => void
}

/**
 * What a node does with messages: handshake, headers-first sync, block download. The part of
 * Core's `PeerManagerImpl` that initial block download needs, run by the message-handler thread.
 */
export class PeerManager<N extends PeerNode> {
  readonly headers = new HeaderChain()
  readonly download = new BlockDownload()
  private readonly options: PeerManagerOptions<N>
  private readonly peers = new Map<number, Peer>()
  private readonly ownNonce = randomBytes(8).readBigUInt64LE()
  /** The peer that headers are asked of until it has no more; then all of them are. */
  private headersSync:
    | { state: 'idle' }
    | { state: 'asking'; peer: number; sinceMs: number }
    | { state: 'done' } = {
    state: 'idle',
  }
  private stallingTimeoutMs = BLOCK_STALLING_TIMEOUT_DEFAULT_MS

  constructor(options: PeerManagerOptions<N>) {
    this.options = options
  }

  /** A connection was opened; the side that opened it speaks first (`InitializeNode`). */
  initializeNode(node: N): void {
    this.peers.set(node.id, newPeer())
    if (!node.inbound) this.pushVersion(node)
  }

  /** The connection is gone (`FinalizeNode`). */
  finalizeNode(node: N): void {
    this.peers.delete(node.id)
    this.download.giveUpAllOf(node.id)
    if (this.headersSync.state === 'asking' && this.headersSync.peer === node.id) {
      this.headersSync = { state: 'idle' }
    }
  }

  /** Handles the message whose payload is `bytes[from, to)` (`ProcessMessage`). */
  processMessage(node: N, type: number, bytes: Uint8Array, from: number, to: number): void {
    const peer = this.peers.get(node.id)
    if (peer === undefined) return
    if (type === MessageType.block) return this.processBlock(node, peer, bytes, from, to)
    const payload = bytes.subarray(from, to)
    if (type === MessageType.version) return this.processVersion(node, peer, payload)
    if (peer.handshake === 'awaitingVersion') return // Core: anything before version is ignored
    if (type === MessageType.verack) return this.processVerack(node, peer)
    if (peer.handshake !== 'done') return // Core: unsupported prior to verack
    switch (type) {
      case MessageType.ping:
        return this.processPing(node, payload)
      case MessageType.headers:
        return this.processHeaders(node, peer, payload)
      case MessageType.inv:
        return this.processInv(node, peer, payload)
      case MessageType.getheaders:
        return this.processGetHeaders(node, payload)
      case MessageType.getdata:
        return this.processGetData(node, payload)
      case MessageType.notfound:
        return this.processNotFound(node, peer, payload)
      default: // sendheaders, sendcmpct, feefilter and unknown types change nothing here
        return
    }
  }

  /** What is due to this peer besides answers; after each pass over its messages (`SendMessages`). */
  sendMessages(node: N): void {
    const peer = this.peers.get(node.id)
    if (peer === undefined || peer.handshake !== 'done') return
    if (node.memory.disconnectRequested) return // nothing may be asked of it any more
    this.askForHeaders(node, peer)
    if (this.withholdsHeaders(node) || this.isTooSlow(node, peer)) return
    this.askForBlocks(node, peer)
  }

  // ---- handshake ----

  private pushVersion(node: N): void {
    this.push(
      node,
      MessageType.version,
      encodeVersion({
        version: PROTOCOL_VERSION,
        services: NODE_NETWORK | NODE_WITNESS,
        time: Math.floor(Date.now() / 1000),
        nonce: this.ownNonce,
        userAgent: '/sockbench:0.1.0/',
        startHeight: this.download.tipHeight,
        relay: false,
      }),
    )
  }

  private processVersion(node: N, peer: Peer, payload: Uint8Array): void {
    if (peer.handshake !== 'awaitingVersion') return // a second version is ignored
    const version = decodeVersion(payload)
    if (version instanceof Malformed) return this.malformed(node, version)
    if (node.inbound && version.nonce === this.ownNonce) {
      return this.disconnect(node, 'connected to self')
    }
    if (version.version < MIN_PEER_PROTO_VERSION) {
      return this.disconnect(node, `uses obsolete version ${version.version}`)
    }
    peer.handshake = 'awaitingVerack'
    if (node.inbound) this.pushVersion(node)
    this.push(node, MessageType.wtxidrelay, emptyPayload)
    this.push(node, MessageType.sendaddrv2, emptyPayload)
    this.push(node, MessageType.verack, emptyPayload)
  }

  private processVerack(node: N, peer: Peer): void {
    if (peer.handshake !== 'awaitingVerack') return
    peer.handshake = 'done'
    node.memory.markSuccessfullyConnected()
    this.push(node, MessageType.sendheaders, emptyPayload)
  }

  private processPing(node: N, payload: Uint8Array): void {
    if (payload.length < PING_NONCE_BYTES) return // unreadable: ignored, as every such message
    this.push(node, MessageType.pong, payload.subarray(0, PING_NONCE_BYTES))
  }

  // ---- headers ----

  private askForHeaders(node: N, peer: Peer): void {
    if (peer.headersAsked) return
    if (this.headersSync.state === 'asking') return
    if (this.headersSync.state === 'idle') {
      this.headersSync = { state: 'asking', peer: node.id, sinceMs: this.options.nowMs() }
    }
    peer.headersAsked = true
    // From the tip's parent, so that the answer is never empty and tells what the peer has.
    this.pushGetHeaders(node, Math.max(this.headers.tipHeight - 1, 0))
  }

  private pushGetHeaders(node: N, fromHeight: number): void {
    const locator = this.headers.locator(fromHeight)
    this.push(node, MessageType.getheaders, encodeGetHeaders({ locator, hashStop: NO_HASH_STOP }))
  }

  private processHeaders(node: N, peer: Peer, payload: Uint8Array): void {
    const offsets = decodeHeaders(payload)
    if (offsets instanceof Malformed) return this.malformed(node, offsets)
    for (let i = 0; i < offsets.length; i++) {
      // Core looks at the whole message first; what stands before a break is kept here.
      if (i > 0 && headerPrevHash(payload, offsets[i]) !== this.headers.lastHash) {
        return this.disconnect(node, 'sent non-continuous headers')
      }
      const verdict = this.headers.accept(payload, offsets[i])
      if (verdict === 'invalid') return this.disconnect(node, 'sent an invalid header')
      if (verdict === 'orphan') return this.unconnectingHeaders(node, peer)
      if (verdict === 'fork') return this.headersExhausted(node) // what follows is of the fork
    }
    peer.unconnectingHeaders = 0
    if (offsets.length > 0) this.learnAvailability(peer, payload, offsets[offsets.length - 1])
    if (offsets.length === MAX_HEADERS_RESULTS) {
      if (this.headersSync.state === 'asking') this.headersSync.sinceMs = this.options.nowMs()
      this.pushGetHeaders(node, this.headers.tipHeight)
    } else {
      this.headersExhausted(node)
    }
  }

  /** Nobody else is asked while this peer is: it has to answer, or go. */
  private withholdsHeaders(node: N): boolean {
    const sync = this.headersSync
    if (sync.state !== 'asking' || sync.peer !== node.id) return false
    if (this.options.nowMs() - sync.sinceMs <= HEADERS_RESPONSE_TIMEOUT_MS) return false
    this.disconnect(node, `sent no headers for ${HEADERS_RESPONSE_TIMEOUT_MS} ms`)
    return true
  }

  /** The peer has no more headers for this chain: now the others may be asked as well. */
  private headersExhausted(node: N): void {
    if (this.headersSync.state === 'asking' && this.headersSync.peer === node.id) {
      this.headersSync = { state: 'done' }
    }
  }

  private unconnectingHeaders(node: N, peer: Peer): void {
    peer.unconnectingHeaders++
    if (peer.unconnectingHeaders > MAX_UNCONNECTING_HEADERS) {
      return this.disconnect(node, `sent ${peer.unconnectingHeaders} headers that do not connect`)
    }
    this.pushGetHeaders(node, this.headers.tipHeight)
  }

  private learnAvailability(peer: Peer, bytes: Uint8Array, headerOffset: number): void {
    const height = this.headers.heightOf(blockHash(bytes, headerOffset))
    if (height !== undefined) peer.bestKnownHeight = Math.max(peer.bestKnownHeight, height)
  }

  private processInv(node: N, peer: Peer, payload: Uint8Array): void {
    const entries = decodeInventory(payload)
    if (entries instanceof Malformed) return this.malformed(node, entries)
    const blocks = entries.filter(entry => (entry.type & ~MSG_WITNESS_FLAG) === MSG_BLOCK)
    for (const { hash } of blocks) {
      const height = this.headers.heightOf(hash)
      if (height === undefined) return this.pushGetHeaders(node, this.headers.tipHeight)
      peer.bestKnownHeight = Math.max(peer.bestKnownHeight, height)
    }
  }

  /** Blocks are checked and counted here, not kept: there is nothing to serve. */
  private processGetHeaders(node: N, payload: Uint8Array): void {
    const request = decodeGetHeaders(payload)
    if (request instanceof Malformed) return this.malformed(node, request)
    this.push(node, MessageType.headers, encodeHeaders(emptyPayload))
  }

  private processGetData(node: N, payload: Uint8Array): void {
    const entries = decodeInventory(payload)
    if (entries instanceof Malformed) return this.malformed(node, entries)
    this.push(node, MessageType.notfound, encodeInventory(entries))
  }

  // ---- blocks ----

  private askForBlocks(node: N, peer: Peer): void {
    const free = MAX_BLOCKS_IN_TRANSIT_PER_PEER - peer.blocksInFlight
    if (free < this.options.refillBlocks || peer.bestKnownHeight <= this.download.tipHeight) return
    const heights = this.download.requestNext(node.id, peer.bestKnownHeight, free)
    if (heights.length === 0) {
      if (peer.blocksInFlight > 0) return // it is busy itself
      const staller = this.download.staller(node.id, peer.bestKnownHeight)
      if (staller !== undefined) this.startStalling(staller)
      return
    }
    if (peer.blocksInFlight === 0) peer.downloadingSinceMs = this.options.nowMs()
    peer.blocksInFlight += heights.length
    this.push(
      node,
      MessageType.getdata,
      encodeInventory(
        heights.map(height => ({ type: MSG_WITNESS_BLOCK, hash: this.headers.hashAt(height) })),
      ),
    )
  }

  private processBlock(node: N, peer: Peer, bytes: Uint8Array, from: number, to: number): void {
    if (peer.handshake !== 'done') return
    if (to - from <= BLOCK_HEADER_SIZE) return // unreadable: ignored
    const hash = blockHash(bytes, from)
    const height = this.headers.heightOf(hash) ?? this.acceptNewBlockHeader(node, bytes, from)
    if (height === undefined) return
    this.noLongerInFlight(node, peer, height)
    if (this.download.isHere(height)) return
    if (this.options.verify === 'merkle' && checkMerkleRoot(bytes.subarray(from, to)) !== 'valid') {
      this.download.giveUp(height)
      return this.disconnect(node, `sent block ${height} with a bad merkle root`)
    }
    this.relaxStallingTimeout(this.download.arrived(height))
  }

  /** A block that was not announced by a header. @returns its height if it extends the chain */
  private acceptNewBlockHeader(node: N, bytes: Uint8Array, from: number): number | undefined {
    const verdict = this.headers.accept(bytes, from)
    if (verdict === 'extended') return this.headers.tipHeight
    if (verdict === 'orphan') this.disconnect(node, 'sent a block with an unknown parent')
    if (verdict === 'invalid') this.disconnect(node, 'sent a block with an invalid header')
    return undefined
  }

  private processNotFound(node: N, peer: Peer, payload: Uint8Array): void {
    const entries = decodeInventory(payload)
    if (entries instanceof Malformed) return this.malformed(node, entries)
    for (const { hash } of entries) {
      const height = this.headers.heightOf(hash)
      if (height === undefined || this.download.askedOf(height) !== node.id) continue
      peer.blocksInFlight--
      peer.stallingSinceMs = undefined
      peer.bestKnownHeight = Math.min(peer.bestKnownHeight, height - 1)
      this.download.giveUp(height)
    }
  }

  private noLongerInFlight(node: N, peer: Peer, height: number): void {
    const asked = this.download.askedOf(height)
    if (asked === undefined) return
    const askedPeer = asked === node.id ? peer : this.peers.get(asked)
    if (askedPeer === undefined) return
    askedPeer.blocksInFlight--
    askedPeer.stallingSinceMs = undefined
    askedPeer.downloadingSinceMs = this.options.nowMs()
  }

  // ---- peers that are too slow ----

  private startStalling(id: number): void {
    const peer = this.peers.get(id)
    if (peer !== undefined) peer.stallingSinceMs ??= this.options.nowMs()
  }

  private isTooSlow(node: N, peer: Peer): boolean {
    if (peer.blocksInFlight === 0) return false
    const nowMs = this.options.nowMs()
    if (peer.stallingSinceMs !== undefined) {
      if (nowMs - peer.stallingSinceMs > this.stallingTimeoutMs) {
        this.disconnect(node, `stalled the download for ${this.stallingTimeoutMs} ms`)
        this.stallingTimeoutMs = Math.min(2 * this.stallingTimeoutMs, BLOCK_STALLING_TIMEOUT_MAX_MS)
        return true
      }
    }
    const waitedMs = nowMs - peer.downloadingSinceMs
    if (waitedMs <= BLOCK_DOWNLOAD_TIMEOUT_BASE_MS) return false
    const timeoutMs = this.blockDownloadTimeoutMs()
    if (waitedMs <= timeoutMs) return false
    this.disconnect(node, `sent no requested block for ${timeoutMs} ms`)
    return true
  }

  private blockDownloadTimeoutMs(): number {
    let downloadingPeers = 0
    for (const { blocksInFlight } of this.peers.values()) if (blocksInFlight > 0) downloadingPeers++
    const others = downloadingPeers - 1
    return BLOCK_DOWNLOAD_TIMEOUT_BASE_MS + BLOCK_DOWNLOAD_TIMEOUT_PER_PEER_MS * others
  }

  /** Once per block that the chain grew by, as Core does in `BlockConnected`. */
  private relaxStallingTimeout(connectedBlocks: number): void {
    if (this.stallingTimeoutMs === BLOCK_STALLING_TIMEOUT_DEFAULT_MS) return
    this.stallingTimeoutMs = Math.max(
      this.stallingTimeoutMs * 0.85 ** connectedBlocks,
      BLOCK_STALLING_TIMEOUT_DEFAULT_MS,
    )
  }

  private push(node: N, type: MessageType, payload: Uint8Array): void {
    this.options.pusher.pushMessage(node, type, payload)
  }

  /** Core drops a message that it cannot read, and the peer whose message is over a limit. */
  private malformed(node: N, malformed: Malformed): void {
    if (malformed.kind === 'overLimit') this.disconnect(node, malformed.reason)
  }

  private disconnect(node: N, reason: string): void {
    this.options.onDisconnect(node, reason)
    node.memory.requestDisconnect()
  }
}

interface Peer {
  handshake: 'awaitingVersion' | 'awaitingVerack' | 'done'
  headersAsked: boolean
  unconnectingHeaders: number
  /** The highest block that the peer has announced. */
  bestKnownHeight: number
  blocksInFlight: number
  /** When it was found to keep the window from moving (`m_stalling_since`). */
  stallingSinceMs: number | undefined
  /** When the oldest request of now was sent, or its last block came (`m_downloading_since`). */
  downloadingSinceMs: number
}

function newPeer(): Peer {
  return {
    handshake: 'awaitingVersion',
    headersAsked: false,
    unconnectingHeaders: 0,
    bestKnownHeight: 0,
    blocksInFlight: 0,
    stallingSinceMs: undefined,
    downloadingSinceMs: 0,
  }
}

const PING_NONCE_BYTES = 8
const MIN_PEER_PROTO_VERSION = 31800
const MAX_UNCONNECTING_HEADERS = 10
/** Core's HEADERS_RESPONSE_TIME; here for each message of the sync. */
const HEADERS_RESPONSE_TIMEOUT_MS = 120_000
const BLOCK_STALLING_TIMEOUT_DEFAULT_MS = 2_000
const BLOCK_STALLING_TIMEOUT_MAX_MS = 64_000
/** One block interval, and half of one for each other peer that is downloaded from. */
const BLOCK_DOWNLOAD_TIMEOUT_BASE_MS = 600_000
const BLOCK_DOWNLOAD_TIMEOUT_PER_PEER_MS = 300_000
