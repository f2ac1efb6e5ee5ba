import { EINTR } from '../sock/errno.ts'
import type { EventsPerSock } from '../sock/sock.ts'
import { Counter } from '../threads/counters.ts'
import { sleepMs } from '../threads/sleep.ts'
import { SELECT_TIMEOUT_MS, SHUTDOWN_GRACE_MS } from './loop-constants.ts'
import type { ThreadContext } from './thread-context.ts'

/** One consumer's part of a socket thread: what comes before poll(2) in an iteration, and what comes after. */
export interface SocketHandler {
  /** Puts everything that this consumer waits for now into the iteration's wait set. */
  generateWaitSockets(into: EventsPerSock): void
  /** What was polled for has occurred, or not: sends, receives, accepts. */
  socketHandler(): void
  /** The subject is stopping: nothing new is begun. */
  interrupt(): void
  /** After `interrupt`: nothing is left that should still be finished. */
  readonly finished: boolean
  /** Closes every socket. */
  close(): void
}

/**
 * A socket thread (`CConnman::ThreadSocketHandler`): one poll(2) per iteration, for one consumer or
 * for several. Each of several is called twice per iteration, whatever the number of its connections.
 */
export function runSocketLoop(context: ThreadContext, handlers: readonly SocketHandler[]): void {
  const { service } = context
  while (!service.stopping) iterateSocketLoop(context, handlers)
  for (const handler of handlers) handler.interrupt()
  const deadlineMs = performance.now() + SHUTDOWN_GRACE_MS
  while (handlers.some(({ finished }) => !finished) && performance.now() < deadlineMs) {
    iterateSocketLoop(context, handlers)
  }
  for (const handler of handlers) handler.close()
}

/** One iteration: the wait set, poll(2), and what occurred. */
export function iterateSocketLoop(
  { network, counters }: ThreadContext,
  handlers: readonly SocketHandler[],
): void {
  const { counts } = counters
  const eventsPerSock: EventsPerSock = new Map()
  counts[Counter.collectionsMade]++
  for (let i = 0; i < handlers.length; i++) handlers[i].generateWaitSockets(eventsPerSock)
  counts[Counter.waitSetEntries] += eventsPerSock.size
  const ready = eventsPerSock.size === 0 ? -1 : network.waitMany(SELECT_TIMEOUT_MS, eventsPerSock)
  if (ready > 0) counts[Counter.pollWakeUps]++
  else if (ready === 0) counts[Counter.pollTimeouts]++
  else if (ready !== -EINTR) sleepMs(SELECT_TIMEOUT_MS)
  for (let i = 0; i < handlers.length; i++) handlers[i].socketHandler()
}
