import type { ReplyStatus } from '../../protocol/http/reply.ts'
import { Counter } from '../../threads/counters.ts'
import { LATE_MS } from '../late-wake-ups.ts'
import type { HttpOptions } from '../service-options.ts'
import type { ThreadContext } from '../thread-context.ts'
import { ChainStore } from './chain-store.ts'
import { errorReplyOf } from './error-reply.ts'
import { replyTo } from './handle-request.ts'
import type { HttpSession } from './http-session.ts'
import { lingerIsOver } from './linger.ts'
import { type OutgoingReply, queueContinue } from './queue-reply.ts'
import { handleRequest } from './routes.ts'

/** A connection as the socket thread sees it; each backend has a class of its own. */
export interface HttpClient {
  readonly session: HttpSession
}

/** How a reply gets to the client: each backend's own way. */
export interface Replier<C> {
  /** Queues a reply, marks its request answered, and sends it if the send mode says so. */
  reply(client: C, reply: OutgoingReply): void
}

/**
 * What becomes of requests on the socket thread: one of a connection at a time is given to the worker
 * threads, or handled here without them, and the connection closed in the end.
 */
export class RequestFlow<C extends HttpClient> {
  private readonly context: ThreadContext<HttpOptions>
  private readonly replier: Replier<C>
  private readonly counts: Float64Array
  /** Without worker threads: what is served. */
  private readonly ownStore: ChainStore | undefined
  private interrupted = false
  /** Of this iteration of the loop. */
  private nowMs = 0

  constructor(context: ThreadContext<HttpOptions>, replier: Replier<C>) {
    this.context = context
    this.replier = replier
    this.counts = context.counters.counts
    const { workers, chainFile } = context.options
    this.ownStore = workers === 0 ? ChainStore.open(chainFile) : undefined
  }

  /** Requests that no handler has yet get 503; what is being handled or sent is finished. */
  interrupt(): void {
    this.interrupted = true
  }

  gotData(client: C, data: Uint8Array): void {
    const { session } = client
    this.counts[Counter.bytesReceived] += data.length
    if (session.state === 'lingering') {
      session.droppedBytes += data.length
      return
    }
    session.receiver.receive(data)
    askForRest(session)
    this.advance(client)
  }

  /** A client that has sent all it wants may still wait for replies. */
  gotEof({ session }: C): void {
    session.ended = true
  }

  /**
   * Before each poll(2), for each connection that is open: gives the next request to a handler if one
   * waits and may be handled now.
   * @returns what is to be done about the connection itself; `finish` is to send no more on it
   */
  goOn(client: C, nowMs: number): 'poll' | 'finish' | 'close' {
    this.nowMs = nowMs
    this.advance(client)
    const { session } = client
    const { memory } = session
    if (memory.disconnectRequested) return 'close'
    const unsentBytes = memory.sending.lengthBytes
    if (unsentBytes !== session.unsentBytes) {
      session.unsentBytes = unsentBytes
      session.idleSinceMs = nowMs
    }
    if (memory.requestInFlight) session.idleSinceMs = nowMs
    else if (unsentBytes === 0) return this.rest(session)
    else if (this.isIdle(session)) return 'close'
    if (session.state === 'closing') memory.takeWaitForLoopMs() // it waits for the client
    return 'poll'
  }

  /** Nothing is in flight, everything is sent, and nothing complete has arrived. */
  private rest(session: HttpSession): 'poll' | 'finish' | 'close' {
    switch (session.state) {
      case 'lingering':
        return lingerIsOver(session, this.nowMs) ? 'close' : 'poll'
      case 'closing':
        if (session.memory.takeWaitForLoopMs() >= LATE_MS) this.counts[Counter.closeWaits45ms]++
        return this.finish(session)
      default:
        if (this.interrupted) return this.finish(session)
        return session.ended || this.isIdle(session) ? 'close' : 'poll'
    }
  }

  /** The client may be sending still: closing would answer that with a reset. */
  private finish(session: HttpSession): 'finish' | 'close' {
    if (session.ended) return 'close'
    session.state = 'lingering'
    session.lingeringSinceMs = this.nowMs
    return 'finish'
  }

  private isIdle({ idleSinceMs }: HttpSession): boolean {
    return this.nowMs - idleSinceMs >= this.context.options.idleTimeoutMs
  }

  /** Gives requests to handlers, one after the other, until one is in flight or none is there. */
  private advance(client: C): void {
    const { session } = client
    const { memory, receiver } = session
    while (!memory.disconnectRequested) {
      if (session.state === 'answering' && !this.takeAnswer(session)) return
      // A client that does not read its replies has to, before more is done for it.
      if (session.state !== 'receiving' || memory.sending.paused) return
      if (receiver.state === 'incomplete') return
      if (receiver.state === 'invalid') this.refuse(client, receiver.refusal, false)
      else this.dispatch(client)
    }
  }

  /** @returns whether the request in flight was answered */
  private takeAnswer(session: HttpSession): boolean {
    const { memory, receiver } = session
    if (memory.requestInFlight) {
      if (!receiver.hasKept && !session.ended) return false
      memory.awaitReply()
      if (memory.requestInFlight) return false
    }
    if (memory.closeWhenSent) {
      session.state = 'closing'
      return true
    }
    if (receiver.hasKept && memory.takeWaitForLoopMs() >= LATE_MS) {
      this.counts[Counter.pipelineWaits45ms]++
    }
    session.state = 'receiving'
    session.idleSinceMs = this.nowMs
    receiver.next()
    askForRest(session)
    return true
  }

  private dispatch(client: C): void {
    const { session } = client
    const { memory, receiver, slot } = session
    this.counts[Counter.requests]++
    memory.startRequest(receiver.request)
    session.state = 'answering'
    if (this.interrupted) {
      this.refuseWhileStopping(client)
    } else if (this.ownStore !== undefined) {
      this.replier.reply(client, replyTo(memory, this.ownStore, handleRequest))
    } else {
      this.queue(client, slot.number)
    }
  }

  private queue(client: C, slotNumber: number): void {
    switch (this.context.service.workQueue.push(slotNumber)) {
      case 'queued':
        break
      case 'woke a worker':
        this.counts[Counter.handlerWakeUps]++
        break
      case 'interrupted':
        this.refuseWhileStopping(client)
        break
      case 'full':
        this.counts[Counter.queueFull503]++
        this.replyBusy(client)
    }
  }

  /** The request is complete, so the connection may go on. */
  private replyBusy(client: C): void {
    const { method, keepAlive, versionMinor } = client.session.memory.request
    const headOnly = method === 'HEAD'
    this.replier.reply(client, { ...errorReplyOf(503), keepAlive, versionMinor, headOnly })
  }

  private refuseWhileStopping(client: C): void {
    this.refuse(client, 503, client.session.memory.request.method === 'HEAD')
  }

  private refuse(client: C, status: ReplyStatus, headOnly: boolean): void {
    client.session.state = 'closing'
    const rest = { keepAlive: false, versionMinor: 1, headOnly }
    this.replier.reply(client, { ...errorReplyOf(status), ...rest })
  }
}

/** A client may wait to be told to go on with its request. */
function askForRest({ receiver, memory }: HttpSession): void {
  if (receiver.takeExpectsContinue()) queueContinue(memory)
}
