import {
  type RequestEnding,
  type RequestReport,
  replyDigest,
} from '../../protocol/payjoin/request-body.ts'
import { ECONNREFUSED, ECONNRESET, ETIMEDOUT } from '../../sock/errno.ts'
import {
  handledMessage,
  inboundMessage,
  traceHandledMessage,
  traceInboundMessage,
  UNNUMBERED,
} from '../../threads/message-points.ts'
import { monotonicNs } from '../../threads/monotonic-clock.ts'
import type { OutboundHttpMemory, ReplyEnd } from '../../threads/outbound-http-memory.ts'
import type { HandlerLoop } from '../handler-loop.ts'
import { CONNECT_TIMEOUT_MS, SHUTDOWN_GRACE_MS } from '../loop-constants.ts'
import type { OutboundHttpOptions } from '../service-options.ts'
import type { HandlerThreadContext } from '../thread-context.ts'
import { PayjoinRequest } from './payjoin-request.ts'

/** A connection to a server as the wallet sees it; each backend has a class of its own. */
export interface ServerConnection {
  readonly memory: OutboundHttpMemory
}

/** A backend's half that lives on the wallet's thread. */
export interface WalletConnman<C extends ServerConnection> {
  /**
   * Connects in this thread, and hands the connection to the socket thread, as Core does where it
   * opens connections: a poll(2) that sleeps does not know of it.
   * @returns a connection, or `-errno`
   */
  openConnection(timeoutMs: number): C | number
  /** Queues the request, and sends it if the send mode says so. */
  sendRequest(connection: C, request: Uint8Array): void
  /** Lets go of a connection that the socket thread does not use any more: closes the descriptor. */
  removeConnection(connection: C): void
}

/** After a request that has failed, so that a server that is down costs no CPU. */
export const PAUSE_AFTER_FAILURE_MS = 100

/**
 * A wallet that makes payjoin requests, one after the other, for ever; and reports of each in the next.
 * On one connection, or on a new one for each.
 *
 *     connect, hand over -> send -> await the reply -> report -> …
 */
export class Wallet<C extends ServerConnection> implements HandlerLoop {
  private readonly context: HandlerThreadContext<OutboundHttpOptions>
  private readonly connman: WalletConnman<C>
  private readonly request: PayjoinRequest
  /** Open, and another request may be made on it. */
  private kept: C | undefined
  /** No request is made on these any more; the socket thread has not closed them yet. */
  private closing: C[] = []

  constructor(context: HandlerThreadContext<OutboundHttpOptions>, connman: WalletConnman<C>) {
    this.context = context
    this.connman = connman
    this.request = new PayjoinRequest(context.options)
  }

  run(): void {
    const { service } = this.context
    let previous: RequestReport | undefined
    for (let sequence = 0; !service.stopping; sequence++) {
      this.request.write(sequence, previous)
      previous = this.makeRequest()
      if (previous.ending !== 'reply') this.pause()
    }
    this.closeAll()
  }

  /** @returns how it has ended; when the subject is stopping, nobody asks */
  private makeRequest(): RequestReport {
    const startNs = monotonicNs()
    const deadlineMs = performance.now() + this.context.options.timeoutMs
    const connection = this.nextConnection()
    if (typeof connection === 'number') {
      return failed(endingOfConnect(-connection), monotonicNs() - startNs)
    }
    const { memory } = connection
    memory.awaitReply()
    this.connman.sendRequest(connection, this.request.bytes)
    const end = this.awaitReply(memory, deadlineMs)
    const latencyNs = monotonicNs() - startNs
    if (inboundMessage.hasSubscribers && end !== 'timeout') {
      traceInboundMessage(memory, UNNUMBERED, end.status, end.bodyLength)
    }
    const report = reportOf(end, memory, latencyNs)
    if (handledMessage.hasSubscribers && end !== 'timeout') {
      traceHandledMessage(memory, UNNUMBERED)
    }
    if (end === 'timeout') this.disconnect(memory)
    if (end !== 'timeout' && end.reusable) this.kept = connection
    else this.giveUp(connection)
    return report
  }

  /** The one that was kept, unless the server has closed it; or a new one. */
  private nextConnection(): C | number {
    const { kept } = this
    this.kept = undefined
    if (kept !== undefined) {
      if (!kept.memory.closed) return kept
      this.giveUp(kept)
    }
    return this.connman.openConnection(Math.min(CONNECT_TIMEOUT_MS, this.context.options.timeoutMs))
  }

  /** Until the reply has ended, or it is too late, or the subject is stopping. */
  private awaitReply(memory: OutboundHttpMemory, deadlineMs: number): ReplyEnd | 'timeout' {
    const { service } = this.context
    while (!service.stopping) {
      // A kept connection may have been closed before the socket thread could know of the request.
      const isClosed = memory.closed
      const end = memory.replyEnd ?? (isClosed ? CLOSED_BEFORE : undefined)
      if (end !== undefined) return end
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) break
      service.handlerWakeUp.wait(leftMs)
      if (this.closing.length > 0) this.removeClosed()
    }
    return 'timeout'
  }

  /** The socket thread closes it. */
  private disconnect(memory: OutboundHttpMemory): void {
    memory.requestDisconnect()
    this.context.wakeUp?.signal()
  }

  private giveUp(connection: C): void {
    this.closing.push(connection)
    this.removeClosed()
  }

  private removeClosed(): void {
    this.closing = this.closing.filter(connection => {
      if (!connection.memory.closed) return true
      this.connman.removeConnection(connection)
      return false
    })
  }

  private pause(): void {
    const { service } = this.context
    const overMs = performance.now() + PAUSE_AFTER_FAILURE_MS
    for (let ms = PAUSE_AFTER_FAILURE_MS; ms > 0 && !service.stopping; ) {
      service.handlerWakeUp.wait(ms)
      this.removeClosed()
      ms = overMs - performance.now()
    }
  }

  /** The socket thread is stopping as well, and closes what it has taken up. */
  private closeAll(): void {
    if (this.kept !== undefined) this.closing.push(this.kept)
    this.closing = this.closing.filter(connection => {
      if (!connection.memory.withdraw()) return true
      this.connman.removeConnection(connection)
      return false
    })
    const deadlineMs = performance.now() + SHUTDOWN_GRACE_MS
    while (this.closing.length > 0) {
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0) break
      this.context.service.handlerWakeUp.wait(leftMs)
      this.removeClosed()
    }
  }
}

function reportOf(
  end: ReplyEnd | 'timeout',
  { body }: OutboundHttpMemory,
  latencyNs: number,
): RequestReport {
  if (end === 'timeout') return failed('timeout', latencyNs)
  const { ending, status, bodyLength } = end
  if (ending !== 'reply') return failed(ending, latencyNs)
  const digest = replyDigest(body.subarray(0, bodyLength))
  return { ending, latencyNs, status, replyBytes: bodyLength, digest }
}

function failed(ending: RequestEnding, latencyNs: number): RequestReport {
  return { ending, latencyNs, status: 0, replyBytes: 0, digest: 0 }
}

const CLOSED_BEFORE: ReplyEnd = {
  ending: 'closed-early',
  status: 0,
  bodyLength: 0,
  reusable: false,
}

function endingOfConnect(errno: number): RequestEnding {
  if (errno === ECONNREFUSED) return 'refused'
  if (errno === ETIMEDOUT) return 'timeout'
  return errno === ECONNRESET ? 'reset' : 'broken'
}
