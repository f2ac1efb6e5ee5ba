import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import { BlockPeer, type BlockPeerObserver, type Gate } from './block-peer.ts'
import type { PinnedChain } from './send-queue.ts'
import { type SessionOptions, SubjectSession } from './subject-session.ts'

/** A subject that speaks P2P and asks for blocks. The barrier is `ping` and `pong`. */
export class P2pSession extends SubjectSession<BlockPeer> implements BlockPeerObserver {
  protected readonly readyBarrier = true
  readonly #pinned: PinnedChain
  readonly #gate: Gate = { releasedHeight: 0 }
  /** Which blocks were served; a subject may ask for a block again, of another peer. */
  readonly #served: Uint8Array
  #servedBlocks = 0
  #headersServedHeight = 0
  #barrierNonce = 0n

  constructor(pinned: PinnedChain, options: SessionOptions) {
    super(pinned.chain, options)
    this.#pinned = pinned
    this.#served = new Uint8Array(pinned.chain.blocks + 1)
  }

  handshakeCompleted(): void {
    this.stepTaken()
  }

  headersServed(height: number): void {
    if (height <= this.#headersServedHeight) return
    this.#headersServedHeight = height
    this.stepTaken()
  }

  blockServed(height: number): void {
    if (this.#served[height]) return
    this.#served[height] = 1
    this.#servedBlocks++
    this.stepTaken()
  }

  blockHeldBack(): void {
    this.stepTaken()
  }

  pongReceived(peer: BlockPeer, nonce: bigint): void {
    if (nonce === this.#barrierNonce) this.barrierPassed(peer)
  }

  protected createPeer(sock: PosixSock): BlockPeer {
    return new BlockPeer(sock, { pinned: this.#pinned, gate: this.#gate, observer: this })
  }

  protected isReady(): boolean {
    if (this.#headersServedHeight < this.chain.blocks) return false
    let asksForBlocks = false
    for (const peer of this.peers) {
      if (!peer.isConnected) return false
      asksForBlocks ||= peer.hasHeldBack
    }
    return asksForBlocks
  }

  protected describeReadiness(): string {
    const connected = [...this.peers].filter(peer => peer.isConnected).length
    return `${this.peers.size} connections open, ${connected} handshakes completed, headers asked for up to ${this.#headersServedHeight} of ${this.chain.blocks}, and no block asked for`
  }

  protected release(_from: number, to: number): void {
    this.#gate.releasedHeight = to
    for (const peer of this.peers) peer.serveReleased()
  }

  protected isServed(): boolean {
    return this.#servedBlocks === this.releasedHeight
  }

  protected describeService(): string {
    return `${this.#servedBlocks} of ${this.releasedHeight} released blocks asked for`
  }

  protected setBarrier(): void {
    this.#barrierNonce++
    for (const peer of this.peers) peer.ping(this.#barrierNonce)
  }
}
