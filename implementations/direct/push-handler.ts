import { type PushConnman, PushHandler } from '../node/push/push-handler.ts'
import { queuePush } from '../node/push/queue-push.ts'
import type { PushOptions } from '../node/service-options.ts'
import type { HandlerThreadContext, OpenedConnection } from '../node/thread-context.ts'
import type { PushMessage } from '../protocol/sv2/messages/push-message.ts'
import { Counter } from '../threads/counters.ts'
import { PushConnectionMemory } from '../threads/push-connection-memory.ts'
import { DirectSubscriber } from './push-connection.ts'

export function openDirectPushHandler(
  context: HandlerThreadContext<PushOptions>,
): PushHandler<DirectSubscriber> {
  return new PushHandler(context, new DirectPushConnman(context))
}

/** The handler thread's half: a subscriber sends on its own socket. */
class DirectPushConnman implements PushConnman<DirectSubscriber> {
  private readonly subscribers: DirectSubscriber[] = []
  private readonly context: HandlerThreadContext<PushOptions>
  private readonly counts: Float64Array
  private readonly optimistic: boolean
  private readonly alwaysAskToSend: boolean

  constructor(context: HandlerThreadContext<PushOptions>) {
    this.context = context
    this.counts = context.counters.counts
    this.optimistic = context.options.sendMode === 'optimistic'
    this.alwaysAskToSend = context.options.sendMode === 'pollout'
  }

  pushMessage(subscriber: DirectSubscriber, message: PushMessage): boolean {
    const { sendMutex, sending } = subscriber.memory
    sendMutex.lock()
    const queueWasEmpty = sending.isEmpty
    const queued = queuePush(sending, message)
    if (queued) this.counts[Counter.messagesSent]++
    if (queueWasEmpty && this.optimistic) subscriber.socketSendData(this.counts)
    const dataLeft = !sending.isEmpty
    if (dataLeft && !this.alwaysAskToSend) sending.startWaiting()
    sendMutex.unlock()
    if (dataLeft) this.context.wakeUp?.signal()
    return queued
  }

  addSubscriber({ id, fd, buffer }: OpenedConnection): void {
    const sock = this.context.network.attach(fd)
    const subscriber = new DirectSubscriber(id, new PushConnectionMemory(buffer), sock)
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.subscribers.push(subscriber)
    nodesMutex.unlock()
  }

  removeSubscriber(subscriber: DirectSubscriber): void {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    this.subscribers.splice(this.subscribers.indexOf(subscriber), 1)
    nodesMutex.unlock()
  }

  subscribersSnapshot(): DirectSubscriber[] {
    const { nodesMutex } = this.context.service
    nodesMutex.lock()
    const snapshot = this.subscribers.slice()
    nodesMutex.unlock()
    return snapshot
  }
}
