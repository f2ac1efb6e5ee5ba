import { type OutgoingReply, queueReply } from '../node/http/queue-reply.ts'
import type { Replier } from '../node/http/request-flow.ts'
import type { HttpOptions } from '../node/service-options.ts'
import type { ThreadContext } from '../node/thread-context.ts'
import { Counter } from '../threads/counters.ts'
import type { DirectHttpClient } from './http-client.ts'

/** Replies on a client's own socket, from whichever thread has handled its request. */
export class DirectHttpReplier implements Replier<DirectHttpClient> {
  private readonly context: ThreadContext<HttpOptions>
  private readonly counts: Float64Array
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean

  constructor(context: ThreadContext<HttpOptions>) {
    this.context = context
    this.counts = context.counters.counts
    this.optimistic = context.options.sendMode === 'optimistic'
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
  }

  reply(client: DirectHttpClient, reply: OutgoingReply): void {
    const { memory } = client
    const { sendMutex, sending } = memory
    sendMutex.lock()
    const queueWasEmpty = sending.isEmpty
    if (queueReply(memory, reply)) this.counts[Counter.messagesSent]++
    else memory.requestDisconnect()
    memory.markAnswered()
    if (queueWasEmpty && this.optimistic) client.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
  }
}
