import { ReplyParser } from '../../protocol/http/reply-parser.ts'
import { ECONNRESET, EPIPE } from '../../sock/errno.ts'
import { Counter } from '../../threads/counters.ts'
import {
  completeMessage,
  receivedBytes,
  traceCompleteMessage,
  traceReceivedBytes,
  UNNUMBERED,
} from '../../threads/message-points.ts'
import { OutboundHttpMemory, type ReplyEnding } from '../../threads/outbound-http-memory.ts'
import type { OutboundHttpOptions } from '../service-options.ts'
import type { OpenedConnection } from '../thread-context.ts'
import { sizesFor } from './payjoin-request.ts'

/**
 * What has become of a reply, after more of it was received: there is `more` to come, it is `complete`
 * and the connection stays open, or the connection is `over` and must be closed.
 */
export type Received = 'more' | 'complete' | 'over'

/** The socket thread's state of one connection: parses replies into the memory it shares. */
export class ReplyReceiver {
  readonly memory: OutboundHttpMemory
  private readonly parser: ReplyParser
  private readonly keepAlive: boolean
  private readonly counts: Float64Array

  constructor(memory: OutboundHttpMemory, keepAlive: boolean, counts: Float64Array) {
    this.memory = memory
    this.parser = new ReplyParser({ body: memory.body })
    this.keepAlive = keepAlive
    this.counts = counts
  }

  gotData(data: Uint8Array): Received {
    const { memory, parser } = this
    if (receivedBytes.hasSubscribers) traceReceivedBytes(memory, data.length)
    if (!memory.replyAwaited) return 'over' // nothing was asked for
    const consumed = parser.execute(data)
    switch (parser.state) {
      case 'incomplete':
        return 'more'
      case 'complete':
        if (completeMessage.hasSubscribers) this.traceComplete(data.length - consumed)
        return this.complete(consumed === data.length)
      case 'too-large':
        return this.fail('too-large')
      case 'invalid':
        return this.fail('malformed')
    }
  }

  /** The server sends no more: that completes a body without a length, and nothing else. */
  gotEof(): void {
    if (!this.memory.replyAwaited) return
    this.parser.finish()
    if (this.parser.state === 'complete') {
      if (completeMessage.hasSubscribers) this.traceComplete(0)
      this.complete(false)
    } else {
      this.fail('closed-early')
    }
  }

  gotError(errno: number): void {
    const isReset = errno === ECONNRESET || errno === EPIPE
    if (this.memory.replyAwaited) this.fail(isReset ? 'reset' : 'broken')
  }

  /** The connection is given up: the request could not be sent, or its thread waits no longer. */
  gaveUp(): void {
    if (this.memory.replyAwaited) this.fail('reset')
  }

  /** Ready for another connection. */
  restart(): void {
    this.parser.next()
  }

  private complete(nothingFollows: boolean): Received {
    const { memory, parser, keepAlive } = this
    const { status, bodyLength } = parser
    const reusable = keepAlive && parser.keepAlive && nothingFollows && this.requestIsSent()
    parser.next()
    this.counts[Counter.messagesReceived]++
    memory.endReply({ ending: 'reply', status, bodyLength, reusable })
    return reusable ? 'complete' : 'over'
  }

  private traceComplete(behindBytes: number): void {
    traceCompleteMessage(this.memory, UNNUMBERED, this.parser.status, 0, behindBytes)
  }

  /** A server that has replied before it had the whole request may not read the rest. */
  private requestIsSent(): boolean {
    const { sendMutex, sending } = this.memory
    // A reply may overtake the thread that has sent its request, and has not taken note of it.
    sendMutex.lock()
    const { isEmpty } = sending
    sendMutex.unlock()
    return isEmpty
  }

  private fail(ending: ReplyEnding): Received {
    this.memory.endReply({ ending, status: 0, bodyLength: 0, reusable: false })
    return 'over'
  }
}

/** The receivers of a socket thread: one for each memory of the wallet's pool. */
export class ReplyReceivers {
  private readonly options: OutboundHttpOptions
  private readonly counts: Float64Array
  private readonly byNumber: ReplyReceiver[] = []

  constructor(options: OutboundHttpOptions, counts: Float64Array) {
    this.options = options
    this.counts = counts
  }

  /** For a connection that was handed over. */
  take({ id: number, buffer }: OpenedConnection): ReplyReceiver {
    const known = this.byNumber[number]
    if (known !== undefined) {
      known.restart()
      return known
    }
    const memory = new OutboundHttpMemory(buffer, sizesFor(this.options))
    const receiver = new ReplyReceiver(memory, this.options.keepAlive, this.counts)
    this.byNumber[number] = receiver
    return receiver
  }
}
