import { NO_EXTENSION } from '../../implementations/protocol/sv2/frame.ts'
import {
  type PushKind,
  PushMessage,
} from '../../implementations/protocol/sv2/messages/push-message.ts'
import { Sv2Transport } from '../../implementations/protocol/sv2/sv2-transport.ts'
import { errnoName, isTransient } from '../../implementations/sock/errno.ts'
import { type Events, RECV, type Sock, type Waitable } from '../../implementations/sock/sock.ts'

/** A histogram, in ns. */
interface Recorder {
  record(ns: number): void
}

/** Where the figures of messages go, taken on one clock: CLOCK_MONOTONIC. */
export interface PushRecorders {
  /** Of each message: from the intended moment to the return of the recv that brought it. */
  latency: Recorder
  /**
   * Of each push: from the intended moment to the moment the subject began to push. A push to many
   * subscribers is one push; how long the subject takes from the first of them to the last is part
   * of their latency.
   */
  lag: Recorder
}

const RECV_BYTES = 0x10000

/** One connection of the driver to a subject that pushes messages, and its entry in the wait set. */
export class Subscriber implements Events {
  readonly sock: Sock & Waitable
  requested = RECV
  occurred = 0
  /** Messages received, which is the sequence number of the next. */
  messages = 0
  readonly #message: PushMessage
  readonly #transport: Sv2Transport
  readonly #bytes = new Uint8Array(RECV_BYTES)
  /** What the last recv brought, and when. */
  #receivedBytes = 0
  #arrivalNs = 0

  constructor(sock: Sock & Waitable, kind: PushKind) {
    this.sock = sock
    this.#message = new PushMessage(kind)
    this.#transport = new Sv2Transport(this.#message.payload.length)
  }

  /** One recv; everything it brings arrived when it returned. @returns why the connection must end */
  receive(nowNs: () => number): string | undefined {
    const received = this.sock.recv(this.#bytes)
    this.#arrivalNs = nowNs()
    this.#receivedBytes = Math.max(0, received)
    if (received === 0) return 'closed by the subject'
    if (received < 0 && !isTransient(-received)) return errnoName(-received)
    return undefined
  }

  /**
   * Checks what `receive` brought, and records it where there is something to record it in.
   * @returns why the connection must end
   */
  deliver(latency?: Recorder, lag?: Recorder): string | undefined {
    const transport = this.#transport
    const to = this.#receivedBytes
    let from = 0
    while (from < to) {
      const consumed = transport.receivedBytes(this.#bytes, from, to)
      if (consumed < 0) return `a message of more than ${this.#message.payload.length} bytes`
      from += consumed
      if (!transport.complete) continue
      const reason = this.#checkContent() ?? this.#checkTimes()
      if (reason !== undefined) return reason
      const { intendedNs, pushedNs } = this.#message
      latency?.record(this.#arrivalNs - intendedNs)
      lag?.record(pushedNs - intendedNs)
      transport.next()
      this.messages++
    }
    return undefined
  }

  #checkContent(): string | undefined {
    const { extensionType, messageType, payload } = this.#transport
    if (extensionType !== NO_EXTENSION || !this.#message.receive(messageType, payload))
      return `message ${this.messages} is not what was to be pushed`
    const { sequence } = this.#message
    if (sequence === this.messages) return undefined
    const what = sequence < this.messages ? 'again' : 'too early'
    return `message ${sequence} came ${what}: ${this.messages} was next`
  }

  #checkTimes(): string | undefined {
    const { intendedNs, pushedNs } = this.#message
    const arrivalNs = this.#arrivalNs
    if (intendedNs <= pushedNs && pushedNs <= arrivalNs) return undefined
    return (
      `message ${this.messages} was intended at ${intendedNs} ns, pushed at ${pushedNs} ns ` +
      `and arrived at ${arrivalNs} ns: the clocks differ`
    )
  }
}
