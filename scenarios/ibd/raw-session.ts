import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import { RawPeer } from './raw-peer.ts'
import type { PinnedChain } from './send-queue.ts'
import { type SessionOptions, SubjectSession } from './subject-session.ts'

/** A subject without a protocol: blocks are dealt round robin, the barrier is one byte back. */
export class RawSession extends SubjectSession<RawPeer> {
  protected readonly readyBarrier = false
  readonly #pinned: PinnedChain

  constructor(pinned: PinnedChain, options: SessionOptions) {
    super(pinned.chain, options)
    this.#pinned = pinned
  }

  protected createPeer(sock: PosixSock): RawPeer {
    return new RawPeer(sock, this.#pinned, peer =>
      this.barrierPassed(peer) ? undefined : 'an answer to nothing',
    )
  }

  protected isReady(): boolean {
    return true
  }

  protected describeReadiness(): string {
    return `${this.peers.size} connections open`
  }

  protected release(from: number, to: number): void {
    const dealt: number[][] = Array.from(this.peers, () => [])
    for (let height = from; height <= to; ++height)
      dealt[(height - from) % dealt.length].push(height)
    for (const peer of this.peers) peer.serve(dealt.shift() ?? [])
  }

  protected isServed(): boolean {
    return true
  }

  protected describeService(): string {
    return `blocks up to ${this.releasedHeight} queued`
  }

  /** One slice is one answer, however long it takes: count the bytes on their way. */
  protected override extraProgress(): number {
    return this.sentBytes
  }

  protected setBarrier(): void {
    // The subject answers the length prefix of each slice by itself.
  }
}
