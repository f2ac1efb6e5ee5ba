import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import type { ServingPeer } from './peer.ts'
import { type PinnedChain, SendQueue } from './send-queue.ts'

/**
 * A connection without a protocol, for the floor that P2P subjects are compared with. Per slice it
 * sends the number of bytes to come (8 bytes, little-endian) and the frames a P2P subject would get;
 * the other side answers with one byte when it has them all.
 */
export class RawPeer implements ServingPeer {
  readonly sock: PosixSock
  readonly outgoing: SendQueue
  readonly #pinned: PinnedChain
  readonly #onAnswer: (peer: RawPeer) => string | undefined
  readonly #answer = new Uint8Array(16)

  constructor(
    sock: PosixSock,
    pinned: PinnedChain,
    /** Hears of each answering byte. @returns why the connection must end, if it must */
    onAnswer: (peer: RawPeer) => string | undefined,
  ) {
    this.sock = sock
    this.outgoing = new SendQueue(pinned)
    this.#pinned = pinned
    this.#onAnswer = onAnswer
  }

  serve(heights: number[]): void {
    const { chain } = this.#pinned
    const sizeBytes = heights.reduce((sum, height) => sum + chain.frameBytes(height), 0)
    const prefix = Buffer.alloc(8)
    prefix.writeBigUInt64LE(BigInt(sizeBytes))
    this.outgoing.addBytes(prefix)
    for (const height of heights) this.outgoing.addBlock(height)
  }

  receive(): string | undefined {
    const received = this.sock.recv(this.#answer)
    if (received === 0) return 'closed by the other side'
    if (received < 0) return isTransient(-received) ? undefined : errnoName(-received)
    for (let i = 0; i < received; ++i) {
      const reason = this.#onAnswer(this)
      if (reason) return reason
    }
    return undefined
  }
}
