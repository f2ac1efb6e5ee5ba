import {
  HEADER_SIZE,
  MAX_HEADERS_RESULTS,
  MAX_INV_SZ,
  MSG_BLOCK,
  MSG_WITNESS_FLAG,
  NODE_NETWORK,
  NODE_WITNESS,
  PROTOCOL_VERSION,
  REGTEST_MAGIC,
} from '../../implementations/protocol/p2p/constants.ts'
import { writeFrame } from '../../implementations/protocol/p2p/frame.ts'
import { Malformed } from '../../implementations/protocol/p2p/malformed.ts'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { emptyPayload } from '../../implementations/protocol/p2p/messages/empty.ts'
import {
  decodeGetHeaders,
  type GetHeaders,
} from '../../implementations/protocol/p2p/messages/getheaders.ts'
import {
  decodeInventory,
  encodeInventory,
  type InventoryEntry,
} from '../../implementations/protocol/p2p/messages/inventory.ts'
import { decodePing, encodePing } from '../../implementations/protocol/p2p/messages/ping.ts'
import {
  decodeVersion,
  encodeVersion,
} from '../../implementations/protocol/p2p/messages/version.ts'
import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import { MessageStream } from './message-stream.ts'
import type { ServingPeer } from './peer.ts'
import { type PinnedChain, SendQueue } from './send-queue.ts'

/** Blocks above this height are held back. Shared by the peers of a subject. */
export interface Gate {
  releasedHeight: number
}

/** Hears of what a peer did. */
export interface BlockPeerObserver {
  handshakeCompleted(): void
  /** Headers up to `height` were sent. */
  headersServed(height: number): void
  /** The block at `height` was asked for and is on its way. */
  blockServed(height: number): void
  /** A block was asked for that is not released yet. */
  blockHeldBack(): void
  pongReceived(peer: BlockPeer, nonce: bigint): void
}

export interface BlockPeerSurroundings {
  pinned: PinnedChain
  gate: Gate
  observer: BlockPeerObserver
}

const USER_AGENT = '/sockbench-peer:0.1.0/'

/**
 * A synthetic peer on an accepted connection: has all headers of the chain, and serves its blocks as
 * the gate allows. Says nothing unasked, so that a subject's work is the download alone.
 */
export class BlockPeer implements ServingPeer {
  readonly sock: PosixSock
  readonly outgoing: SendQueue
  readonly #surroundings: BlockPeerSurroundings
  readonly #messages = new MessageStream()
  #handshake: 'awaitingVersion' | 'awaitingVerack' | 'completed' = 'awaitingVersion'
  /** Heights asked for and not released yet, in the order of asking. */
  #heldBack: number[] = []

  constructor(sock: PosixSock, surroundings: BlockPeerSurroundings) {
    this.sock = sock
    this.outgoing = new SendQueue(surroundings.pinned)
    this.#surroundings = surroundings
  }

  get isConnected(): boolean {
    return this.#handshake === 'completed'
  }

  get hasHeldBack(): boolean {
    return this.#heldBack.length > 0
  }

  receive(): string | undefined {
    return this.#messages.receive(this.sock, this.#onMessage)
  }

  /** Call after the gate was raised. */
  serveReleased(): void {
    const heldBack = this.#heldBack
    this.#heldBack = []
    for (const height of heldBack) this.#serveOrHoldBack(height)
  }

  /** The pong comes once the node has processed everything sent before. */
  ping(nonce: bigint): void {
    this.#send(MessageType.ping, encodePing(nonce))
  }

  readonly #onMessage = (type: MessageType, payload: Uint8Array): string | undefined => {
    if (this.#handshake === 'awaitingVersion') {
      return type === MessageType.version ? this.#onVersion(payload) : undefined
    }
    switch (type) {
      case MessageType.verack:
        return this.#onVerack()
      case MessageType.getdata:
        return this.#onGetData(payload)
      case MessageType.getheaders:
        return this.#onGetHeaders(payload)
      case MessageType.ping:
        return this.#onPing(payload)
      case MessageType.pong:
        return this.#onPong(payload)
      default:
        return undefined
    }
  }

  #onVersion(payload: Uint8Array): string | undefined {
    const version = decodeVersion(payload)
    if (version instanceof Malformed) return version.reason
    this.#handshake = 'awaitingVerack'
    const own = {
      version: PROTOCOL_VERSION,
      services: NODE_NETWORK | NODE_WITNESS,
      time: Math.floor(Date.now() / 1000),
      // Never the peer's own nonce, which would look like a connection to itself.
      nonce: version.nonce ^ 1n,
      userAgent: USER_AGENT,
      startHeight: this.#chain.blocks,
      relay: false,
    }
    this.#send(MessageType.version, encodeVersion(own))
    this.#send(MessageType.verack, emptyPayload)
    return undefined
  }

  #onVerack(): undefined {
    if (this.#handshake === 'completed') return
    this.#handshake = 'completed'
    this.#surroundings.observer.handshakeCompleted()
  }

  #onGetHeaders(payload: Uint8Array): string | undefined {
    const request = decodeGetHeaders(payload)
    if (request instanceof Malformed) return request.reason
    const { from, count } = this.#headersFor(request)
    this.#send(MessageType.headers, this.#chain.headersPayload(from, count))
    this.#surroundings.observer.headersServed(from + count - 1)
    return undefined
  }

  /** From the first block of the locator that is in the chain; genesis is in any. */
  #headersFor({ locator, hashStop }: GetHeaders): { from: number; count: number } {
    const known = locator.find(hash => this.#chain.heightOf(hash) !== undefined)
    const from = (known === undefined ? 0 : (this.#chain.heightOf(known) ?? 0)) + 1
    const stop = this.#chain.heightOf(hashStop)
    const last = stop !== undefined && stop >= from ? stop : this.#chain.blocks
    return { from, count: Math.min(MAX_HEADERS_RESULTS, last - from + 1) }
  }

  #onGetData(payload: Uint8Array): string | undefined {
    const entries = decodeInventory(payload)
    if (entries instanceof Malformed) return entries.reason
    const notFound: InventoryEntry[] = []
    for (const entry of entries) {
      const height = this.#heightOf(entry)
      if (height === undefined) notFound.push(entry)
      else this.#serveOrHoldBack(height)
    }
    if (notFound.length > 0) this.#send(MessageType.notfound, encodeInventory(notFound))
    return this.#heldBack.length > MAX_INV_SZ
      ? `more than ${MAX_INV_SZ} blocks asked for at a time`
      : undefined
  }

  /** Blocks have no witness data: both ways of asking have the same answer. Genesis is not served. */
  #heightOf({ type, hash }: InventoryEntry): number | undefined {
    if ((type & ~MSG_WITNESS_FLAG) !== MSG_BLOCK) return undefined
    return this.#chain.heightOf(hash) || undefined
  }

  #serveOrHoldBack(height: number): void {
    const { gate, observer } = this.#surroundings
    if (height > gate.releasedHeight) {
      this.#heldBack.push(height)
      observer.blockHeldBack()
    } else {
      this.outgoing.addBlock(height)
      observer.blockServed(height)
    }
  }

  #onPing(payload: Uint8Array): string | undefined {
    const nonce = decodePing(payload)
    if (nonce instanceof Malformed) return nonce.reason
    this.#send(MessageType.pong, encodePing(nonce))
    return undefined
  }

  #onPong(payload: Uint8Array): string | undefined {
    const nonce = decodePing(payload)
    if (nonce instanceof Malformed) return nonce.reason
    this.#surroundings.observer.pongReceived(this, nonce)
    return undefined
  }

  #send(type: MessageType, payload: Uint8Array): void {
    const frame = new Uint8Array(HEADER_SIZE + payload.length)
    writeFrame(frame, 0, REGTEST_MAGIC, type, payload)
    this.outgoing.addBytes(frame)
  }

  get #chain() {
    return this.#surroundings.pinned.chain
  }
}
