import type { Protocol } from '../../implementations/node/service-options.ts'
import { describeErrno } from '../../implementations/sock/errno.ts'
import type { Failed, Listening, Ready, Served } from '../driver-process.ts'
import type { BlockServer } from './block-server.ts'
import { P2pSession } from './p2p-session.ts'
import { RawSession } from './raw-session.ts'
import type { PinnedChain } from './send-queue.ts'
import type { SubjectLimits } from './subject-session.ts'

/** The subjects a driver serves with one chain, by name. */
export class Subjects {
  readonly #server: BlockServer
  readonly #pinned: PinnedChain
  readonly #limits: Omit<SubjectLimits, 'connections'>
  readonly #sessions = new Map<string, P2pSession | RawSession>()

  constructor(
    server: BlockServer,
    pinned: PinnedChain,
    limits: Omit<SubjectLimits, 'connections'> = {},
  ) {
    this.#server = server
    this.#pinned = pinned
    this.#limits = limits
  }

  /** @param protocol `raw` for the floor: see `RawPeer` for what goes over its connections */
  listen(subject: string, protocol: Protocol, connections: number): Listening {
    if (this.#sessions.has(subject)) return failed('is listened for already')
    const Session = protocol === 'raw' ? RawSession : P2pSession
    const onFailed = () => this.#server.close(session)
    const session = new Session(this.#pinned, { ...this.#limits, connections, onFailed })
    const bound = this.#server.listen({ family: 4, host: '127.0.0.1', port: 0 }, session)
    if (typeof bound === 'number') return failed(`cannot listen: ${describeErrno(-bound)}`)
    this.#sessions.set(subject, session)
    return { state: 'listening', address: bound }
  }

  async awaitReady(subject: string): Promise<Ready> {
    const session = this.#sessions.get(subject)
    if (!session) return failed('is not listened for')
    const outcome = session.awaitReady()
    this.#server.wake()
    return outcome
  }

  async serveSlice(subject: string, blocks: number): Promise<Served> {
    const session = this.#sessions.get(subject)
    if (!session) return failed('is not listened for')
    const outcome = session.serveSlice(blocks)
    this.#server.wake()
    return outcome
  }

  /** How much of the slice being served has gone out, 0 to 1. */
  sentShare(subject: string): number {
    return this.#sessions.get(subject)?.sentShare ?? 0
  }

  release(subject: string): void {
    this.#sessions.get(subject)?.fail('released')
    this.#sessions.delete(subject)
  }
}

function failed(reason: string): Failed {
  return { state: 'failed', reason }
}
