import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import type { Failed, Ready, Served } from '../driver-process.ts'
import type { Chain } from './chain.ts'
import type { Peer, Service, ServingPeer } from './peer.ts'

export interface SubjectLimits {
  /** How many connections the subject opens: no fewer, no more. */
  connections: number
  /** A subject that does nothing new for so long while it is waited for has failed. */
  stallTimeoutMs?: number
}

export interface SessionOptions extends SubjectLimits {
  /** Called once, when the subject has failed: its connections are of no use any more. */
  onFailed: () => void
}

const sessionDefaults = { stallTimeoutMs: 10_000 } satisfies Partial<SubjectLimits>

/**
 * The driver's side of one subject: counts its connections, releases blocks slice by slice, and ends
 * each slice with a barrier on all connections, so that the subject has processed every block.
 *
 *     idle -> working -> barrier -> idle      (getting ready, and each slice)
 *     any state -> failed
 */
export abstract class SubjectSession<P extends ServingPeer> implements Service {
  protected readonly chain: Chain
  protected readonly peers = new Set<P>()
  /** Blocks up to here were released. */
  protected releasedHeight = 0
  readonly #connections: number
  readonly #stallTimeoutMs: number
  readonly #onFailed: () => void
  #state: State<P> = { state: 'idle' }
  /** The slice that was released last. */
  #slice = { bytes: Infinity, sentBytesBefore: 0 }
  #steps = 0
  #progressSeen = 0
  /** When `#progressSeen` was last seen to change. */
  #progressMs = 0

  constructor(chain: Chain, options: SessionOptions) {
    this.chain = chain
    this.#connections = options.connections
    this.#stallTimeoutMs = options.stallTimeoutMs ?? sessionDefaults.stallTimeoutMs
    this.#onFailed = options.onFailed
  }

  /** Waits until the subject is connected, has what it needs to start, and asks for blocks. */
  awaitReady(): Promise<Ready> {
    return new Promise(resolve => {
      this.#begin({
        isDone: () => this.peers.size === this.#connections && this.isReady(),
        needsBarrier: this.readyBarrier,
        describe: () => this.describeReadiness(),
        resolve: failure => resolve(failure ?? { state: 'ready' }),
      })
    })
  }

  /** Releases the next `blocks` blocks and waits until the subject has processed them. */
  serveSlice(blocks: number): Promise<Served> {
    const from = this.releasedHeight + 1
    const to = this.releasedHeight + blocks
    return new Promise(resolve => {
      if (this.#state.state === 'failed') return resolve(this.#state)
      const left = this.chain.blocks - this.releasedHeight
      if (blocks < 1 || blocks > left) {
        return resolve({
          state: 'failed',
          reason: `no slice of ${blocks} blocks: ${left} are left`,
        })
      }
      const bytes = this.#frameBytes(from, to)
      this.#slice = { bytes, sentBytesBefore: this.sentBytes }
      const cpuBefore = process.cpuUsage()
      const startNs = process.hrtime.bigint()
      this.releasedHeight = to
      this.release(from, to)
      this.#begin({
        isDone: () => this.isServed(),
        needsBarrier: true,
        describe: () => this.describeService(),
        resolve: failure => {
          const wallNs = Number(process.hrtime.bigint() - startNs)
          const { user, system } = process.cpuUsage(cpuBefore)
          const driverCpuNs = 1000 * (user + system)
          resolve(
            failure ?? {
              state: 'served',
              wallNs,
              messages: blocks,
              bytes,
              driverCpuNs,
              latency: null,
            },
          )
        },
      })
    })
  }

  /** How much of the slice has gone into the sockets, 0 to 1. */
  get sentShare(): number {
    const { bytes, sentBytesBefore } = this.#slice
    return Math.min(1, (this.sentBytes - sentBytesBefore) / bytes)
  }

  /** Ends what is being waited for. The connections are the server's to close. */
  fail(reason: string): void {
    if (this.#state.state === 'failed') return
    const previous = this.#state
    this.#state = { state: 'failed', reason }
    if (previous.state !== 'idle') previous.work.resolve({ state: 'failed', reason })
    this.#onFailed()
  }

  accept(sock: PosixSock): P | undefined {
    if (this.peers.size === this.#connections) {
      this.fail(`opened more connections than expected: ${this.#connections}`)
      return undefined
    }
    const peer = this.createPeer(sock)
    this.peers.add(peer)
    this.stepTaken()
    return peer
  }

  lost(_peer: Peer, reason: string): void {
    this.fail(`connection lost: ${reason}`)
  }

  listenerFailed(reason: string): void {
    this.fail(reason)
  }

  get busy(): boolean {
    return this.#state.state === 'working' || this.#state.state === 'barrier'
  }

  turnCompleted(nowMs: number): void {
    const state = this.#state
    if (state.state !== 'working' && state.state !== 'barrier') return
    const progress = this.#steps + this.extraProgress()
    if (progress !== this.#progressSeen) {
      this.#progressSeen = progress
      this.#progressMs = nowMs
    } else if (nowMs - this.#progressMs >= this.#stallTimeoutMs) {
      const what =
        state.state === 'working'
          ? state.work.describe()
          : `${state.waitingFor.size} of ${this.#connections} connections have not answered the barrier`
      this.fail(`no progress for ${this.#stallTimeoutMs} ms: ${what}`)
    }
  }

  protected abstract createPeer(sock: PosixSock): P
  /** Given that all connections are open. */
  protected abstract isReady(): boolean
  protected abstract describeReadiness(): string
  /** Whether getting ready ends with a barrier, too. */
  protected abstract readonly readyBarrier: boolean
  /** Lets the subject have the blocks at heights from `from` to `to`. */
  protected abstract release(from: number, to: number): void
  /** Whether all released blocks are on their way, so that the barrier can be set behind them. */
  protected abstract isServed(): boolean
  protected abstract describeService(): string
  protected abstract setBarrier(): void

  /** What else grows while the work goes forward. */
  protected extraProgress(): number {
    return 0
  }

  /** Everything that the sockets took so far. */
  protected get sentBytes(): number {
    let bytes = 0
    for (const { outgoing } of this.peers) bytes += outgoing.sentBytes
    return bytes
  }

  /** To be called for everything that brings the work forward, and for nothing that can repeat for ever. */
  protected stepTaken(): void {
    this.#steps++
    const state = this.#state
    if (state.state !== 'working' || !state.work.isDone()) return
    if (state.work.needsBarrier) {
      this.#state = { state: 'barrier', work: state.work, waitingFor: new Set(this.peers) }
      this.setBarrier()
    } else {
      this.#complete(state.work)
    }
  }

  /** @returns whether this answer was waited for */
  protected barrierPassed(peer: P): boolean {
    const state = this.#state
    if (state.state !== 'barrier' || !state.waitingFor.delete(peer)) return false
    this.#steps++
    if (state.waitingFor.size === 0) this.#complete(state.work)
    return true
  }

  #begin(work: Work): void {
    const state = this.#state
    if (state.state === 'failed') {
      work.resolve(state)
      return
    }
    if (state.state !== 'idle') throw new Error('one thing at a time per subject')
    this.#state = { state: 'working', work }
    this.stepTaken()
  }

  #complete(work: Work): void {
    this.#state = { state: 'idle' }
    work.resolve(undefined)
  }

  #frameBytes(from: number, to: number): number {
    let bytes = 0
    for (let height = from; height <= to; ++height) bytes += this.chain.frameBytes(height)
    return bytes
  }
}

interface Work {
  isDone: () => boolean
  needsBarrier: boolean
  /** What is missing, for the message when nothing moves. */
  describe: () => string
  resolve: (failure: Failed | undefined) => void
}

type State<P> =
  | { state: 'idle' }
  | { state: 'working'; work: Work }
  | { state: 'barrier'; work: Work; waitingFor: Set<P> }
  | Failed
