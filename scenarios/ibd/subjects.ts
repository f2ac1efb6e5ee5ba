import { describeErrno } from '../../implementations/sock/errno.ts'
import type { BlockServer } from './block-server.ts'
import type { DriverAnswer, DriverRequest } from './driver-protocol.ts'
import { P2pSession } from './p2p-session.ts'
import { RawSession } from './raw-session.ts'
import type { PinnedChain } from './send-queue.ts'

/** The subjects a driver serves, by name. Every method answers with a message for the harness. */
export class Subjects {
  readonly #server: BlockServer
  readonly #pinned: PinnedChain
  readonly #sessions = new Map<string, P2pSession | RawSession>()

  constructor(server: BlockServer, pinned: PinnedChain) {
    this.#server = server
    this.#pinned = pinned
  }

  listen(request: DriverRequest & { kind: 'listen' }): DriverAnswer {
    const { kind: _, subject, protocol, ...options } = request
    if (this.#sessions.has(subject)) return failed(subject, 'is listened for already')
    const Session = protocol === 'p2p' ? P2pSession : RawSession
    const onFailed = () => this.#server.close(session)
    const session = new Session(this.#pinned, { ...options, onFailed })
    const bound = this.#server.listen({ family: 4, host: '127.0.0.1', port: 0 }, session)
    if (typeof bound === 'number') return failed(subject, `cannot listen: ${describeErrno(-bound)}`)
    this.#sessions.set(subject, session)
    return { kind: 'listening', subject, port: bound.port }
  }

  async awaitReady(subject: string): Promise<DriverAnswer> {
    const session = this.#sessions.get(subject)
    if (!session) return failed(subject, 'is not listened for')
    const outcome = session.awaitReady()
    this.#server.wake()
    const result = await outcome
    return result.state === 'failed' ? failed(subject, result.reason) : { kind: 'ready', subject }
  }

  async serveSlice(subject: string, blocks: number): Promise<DriverAnswer> {
    const session = this.#sessions.get(subject)
    if (!session) return failed(subject, 'is not listened for')
    const outcome = session.serveSlice(blocks)
    this.#server.wake()
    const result = await outcome
    if (result.state === 'failed') return failed(subject, result.reason)
    const { wallNs, bytes, driverCpuNs } = result
    return { kind: 'slice-done', subject, wallNs, blocks, bytes, driverCpuNs }
  }

  release(subject: string): void {
    this.#sessions.get(subject)?.fail('released')
    this.#sessions.delete(subject)
  }
}

function failed(subject: string, reason: string): DriverAnswer {
  return { kind: 'failed', subject, reason }
}
