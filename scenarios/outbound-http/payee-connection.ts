import { RequestParser } from '../../implementations/protocol/http/request-parser.ts'
import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import {
  type Events,
  RECV,
  SEND,
  type Sock,
  type Waitable,
} from '../../implementations/sock/sock.ts'

/**
 * What has come of it: nothing yet, a complete `request` in `body`, an `ended` connection, or one that
 * is of no use any more.
 */
export type Arrival = 'nothing' | 'request' | 'ended' | { reason: string }

/** A wallet's connection, at the payee's end, and its entry in the wait set. */
export class PayeeConnection implements Events {
  readonly sock: Sock & Waitable
  requested = RECV
  occurred = 0
  readonly parser: RequestParser
  private readonly requestBody: Uint8Array
  private unsent: Uint8Array = NOTHING

  /** @param maxBodyBytes of a request: a longer one is refused */
  constructor(sock: Sock & Waitable, maxBodyBytes: number) {
    this.sock = sock
    this.requestBody = new Uint8Array(maxBodyBytes)
    this.parser = new RequestParser({ body: this.requestBody })
  }

  /** Of a request that has arrived. */
  get body(): Uint8Array {
    return this.requestBody.subarray(0, this.parser.bodyLength)
  }

  get isSending(): boolean {
    return this.unsent.length > 0
  }

  /** One recv. */
  receive(): Arrival {
    const received = this.sock.recv(scratch)
    if (received === 0) return 'ended'
    if (received < 0) return isTransient(-received) ? 'nothing' : { reason: errnoName(-received) }
    if (this.parser.state === 'complete') return { reason: 'sent more before it had its reply' }
    return this.parse(received)
  }

  private parse(received: number): Arrival {
    const { parser } = this
    const consumed = parser.execute(scratch, 0, received)
    if (parser.state === 'invalid') return { reason: `sent no request: ${parser.reason}` }
    if (consumed < received) return { reason: 'sent more than a request' }
    return parser.state === 'complete' ? 'request' : 'nothing'
  }

  /** Sends a reply, or a part; `bytes` must not change until it is sent. @returns why that failed */
  reply(bytes: Uint8Array): string | undefined {
    this.parser.next()
    this.unsent = bytes
    return this.send()
  }

  /** Sends what is left. @returns why that failed */
  send(): string | undefined {
    const sent = this.sock.send(this.unsent, false)
    if (sent < 0 && !isTransient(-sent)) return errnoName(-sent)
    this.unsent = this.unsent.subarray(Math.max(0, sent))
    this.requested = this.isSending ? RECV | SEND : RECV
    return undefined
  }

  close(): void {
    this.sock.close()
    this.parser.free()
  }
}

const NOTHING = new Uint8Array(0)
const scratch = new Uint8Array(0x10000)
