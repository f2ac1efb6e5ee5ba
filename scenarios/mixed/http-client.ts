import { describeErrno, isTransient } from '../../implementations/sock/errno.ts'
import type { PosixSock } from '../../implementations/sock/posix-sock.ts'
import { monotonicNs } from '../../implementations/threads/monotonic-clock.ts'
import type { ExpectedReply } from '../http/expected-reply.ts'
import { ReplyReader } from '../http/reply-reader.ts'
import type { Peer } from '../ibd/peer.ts'

/** A request, and what must come for it. */
export interface Ask {
  /** The bytes of the request. */
  readonly request: Buffer
  readonly expected: ExpectedReply
  /** Whether its latency is recorded. */
  readonly timed: boolean
}

/** A reply that has come, whole and right. */
export interface Answer {
  readonly ask: Ask
  /** From before the send of the request to after the recv of the reply's last byte. */
  readonly latencyNs: number
}

/** Core's size of one recv. */
const RECEIVE_BYTES = 0x10000
/** One for all connections: what is read is not kept. */
const received = Buffer.alloc(RECEIVE_BYTES)

/** A keep-alive connection to a subject, with one request at a time. */
export class HttpClient implements Peer {
  readonly sock: PosixSock
  readonly #onReceived: (client: HttpClient, answer: Answer | undefined) => void
  #asked: { ask: Ask; reader: ReplyReader; sentNs: number } | undefined

  /** @param onReceived hears of every recv, and of the reply that it has completed */
  constructor(
    sock: PosixSock,
    onReceived: (client: HttpClient, answer: Answer | undefined) => void,
  ) {
    this.sock = sock
    this.#onReceived = onReceived
  }

  /** Sends at once. A connection without a request in flight has room for one. @returns why it failed, if it did */
  ask(ask: Ask): string | undefined {
    const { request, expected } = ask
    const sentNs = monotonicNs()
    const sent = this.sock.send(request, false)
    if (sent < 0) return `a request was not sent: ${describeErrno(-sent)}`
    if (sent !== request.length) return `the socket took ${sent} bytes of a request`
    this.#asked = { ask, reader: new ReplyReader(expected), sentNs }
    return undefined
  }

  receive(): string | undefined {
    const bytes = this.sock.recv(received)
    if (bytes < 0 && isTransient(-bytes)) return undefined
    if (bytes <= 0) {
      const cause = bytes === 0 ? 'closed by the subject' : describeErrno(-bytes)
      return this.#asked === undefined ? cause : `${cause}; ${this.#asked.reader.progress}`
    }
    if (this.#asked === undefined) return `${bytes} bytes came that nobody asked for`
    const { ask, reader, sentNs } = this.#asked
    const progress = reader.read(received.subarray(0, bytes))
    if (progress.state === 'wrong') return `a wrong reply: ${progress.reason}`
    if (progress.state === 'incomplete') {
      this.#onReceived(this, undefined)
    } else {
      this.#asked = undefined
      this.#onReceived(this, { ask, latencyNs: monotonicNs() - sentNs })
    }
    return undefined
  }
}
