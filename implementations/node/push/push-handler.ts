import { PushMessage } from '../../protocol/sv2/messages/push-message.ts'
import { setTimerSlack } from '../../sock/timer-slack.ts'
import { intendedMessage, traceIntendedMessage } from '../../threads/message-points.ts'
import { monotonicNs } from '../../threads/monotonic-clock.ts'
import type { PushConnectionMemory } from '../../threads/push-connection-memory.ts'
import { SEND_BUFFER_BYTES } from '../../threads/send-queue.ts'
import type { HandlerLoop } from '../handler-loop.ts'
import type { PushOptions } from '../service-options.ts'
import type { HandlerThreadContext, OpenedConnection } from '../thread-context.ts'
import { PushPace } from './push-pace.ts'

/** A connection as the source of messages sees it; each backend has a class of its own. */
export interface Subscriber {
  readonly id: number
  readonly memory: PushConnectionMemory
  /** Messages pushed to it, which is the sequence number of the next. */
  messages: number
}

/** A backend's half that lives on the handler thread. */
export interface PushConnman<S extends Subscriber> {
  /** A copy of the list of subscribers. */
  subscribersSnapshot(): S[]
  addSubscriber(connection: OpenedConnection): void
  /** The connection is closed; the subscriber is used no more. */
  removeSubscriber(subscriber: S): void
  /**
   * Queues the message for the subscriber, and sends it if the send mode says so.
   * @returns false when its queue is full
   */
  pushMessage(subscriber: S, message: PushMessage): boolean
}

/** How long the handler thread sleeps when nothing is to be pushed and nobody wakes it. */
export const HANDLER_WAIT_MS = 100

/**
 * The handler thread of a source of messages: sleeps until the next moment of its schedule, then
 * pushes one message to every subscriber. What is intended for one moment is stamped with one time:
 * how long the source takes to go through its subscribers is part of their latency.
 */
export class PushHandler<S extends Subscriber> implements HandlerLoop {
  private readonly context: HandlerThreadContext<PushOptions>
  private readonly connman: PushConnman<S>
  private readonly pace: PushPace
  private readonly message: PushMessage

  constructor(context: HandlerThreadContext<PushOptions>, connman: PushConnman<S>) {
    this.context = context
    this.connman = connman
    this.pace = new PushPace(context.options)
    this.message = new PushMessage(context.options.message)
  }

  run(): void {
    const { service } = this.context
    setTimerSlack(SHORTEST_TIMER_SLACK_NS)
    while (!service.stopping) {
      const waitNs = this.pass()
      if (waitNs > 0) service.handlerWakeUp.wait(Math.min(waitNs / 1e6, HANDLER_WAIT_MS))
    }
  }

  /** Pushes, if it is time to. @returns how long nothing is to be pushed, in ns */
  pass(): number {
    for (const connection of this.context.takeAnnounced()) this.connman.addSubscriber(connection)
    const subscribers = this.presentSubscribers()
    this.takeRequests(subscribers)
    const waitNs = this.pace.waitNs(monotonicNs())
    if (waitNs === 0) this.push(subscribers)
    return waitNs
  }

  /** Lets go of those that are closed. @returns the rest */
  private presentSubscribers(): S[] {
    return this.connman.subscribersSnapshot().filter(subscriber => {
      if (!subscriber.memory.closed) return true
      this.connman.removeSubscriber(subscriber)
      this.context.report({ kind: 'connection-closed', id: subscriber.id })
      return false
    })
  }

  private takeRequests(subscribers: readonly S[]): void {
    if (subscribers.length === 0) this.pace.silence()
    for (const { memory } of subscribers) {
      const messages = memory.takeRequest()
      if (messages > 0) this.pace.request(messages, monotonicNs())
    }
  }

  private push(subscribers: readonly S[]): void {
    const intendedNs = this.pace.take()
    const pushedNs = monotonicNs()
    for (const subscriber of subscribers) {
      if (subscriber.memory.disconnectRequested) continue
      this.message.stamp(subscriber.messages++, intendedNs, pushedNs)
      if (intendedMessage.hasSubscribers) {
        traceIntendedMessage(subscriber.memory, this.message.sequence, intendedNs)
      }
      if (!this.connman.pushMessage(subscriber, this.message)) this.disconnect(subscriber)
    }
  }

  /** The socket thread closes it. */
  private disconnect({ id, memory }: S): void {
    this.context.report({ kind: 'peer-disconnected', id, reason: SLOW_SUBSCRIBER })
    memory.requestDisconnect()
  }
}

/** By default the kernel may wake a thread 50 µs late, to save wake-ups. */
export const SHORTEST_TIMER_SLACK_NS = 1

/** Why a subscriber is dropped: completes "it …". */
export const SLOW_SUBSCRIBER = `read too slowly: ${SEND_BUFFER_BYTES} bytes wait for it`
