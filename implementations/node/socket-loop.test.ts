import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { PosixNetwork } from '../sock/posix-sock.ts'
import { type EventsPerSock, RECV, type Waitable, type WakeUpFd } from '../sock/sock.ts'
import { Counter, ThreadCounters } from '../threads/counters.ts'
import { ServiceMemory } from '../threads/service-memory.ts'
import { iterateSocketLoop, type SocketHandler } from './socket-loop.ts'

const counters = ThreadCounters.create()
const network = new PosixNetwork(counters.syscalls)

/** Waits for one descriptor, and notes what has occurred to it in each iteration. */
class OneWaiter implements SocketHandler {
  readonly occurred: number[] = []
  readonly fd: WakeUpFd & Waitable
  readonly finished = true
  eventsPerSock: EventsPerSock = new Map()

  constructor(t: TestContext) {
    const fd = network.createWakeUp()
    if (typeof fd === 'number') throw new Error(`no eventfd: ${fd}`)
    this.fd = fd
    t.after(() => fd.close())
  }

  generateWaitSockets(into: EventsPerSock): void {
    this.eventsPerSock = into
    into.set(this.fd, { requested: RECV, occurred: 0 })
  }
  socketHandler(): void {
    this.occurred.push(this.eventsPerSock.get(this.fd)?.occurred ?? -1)
  }
  interrupt(): void {}
  close(): void {}
}

test('consumers that share a loop share its one wait set and its one poll', t => {
  const handlers = [new OneWaiter(t), new OneWaiter(t), new OneWaiter(t)]
  const context = {
    options: {
      protocol: 'raw' as const,
      sendMode: 'optimistic' as const,
      socketBufferBytes: 1 << 16,
      connect: [],
    },
    network,
    service: ServiceMemory.create(),
    counters,
    report: () => {},
    wakeUp: undefined,
  }
  handlers[1].fd.signal()
  iterateSocketLoop(context, handlers)
  handlers[1].fd.drain()
  iterateSocketLoop(context, handlers)
  assert.deepEqual(
    handlers.map(({ occurred }) => occurred),
    [
      [0, 0],
      [RECV, 0],
      [0, 0],
    ],
  )
  assert.equal(new Set(handlers.map(({ eventsPerSock }) => eventsPerSock)).size, 1)
  const { counts } = counters
  assert.deepEqual(
    [
      Counter.collectionsMade,
      Counter.waitSetEntries,
      Counter.pollWakeUps,
      Counter.pollTimeouts,
    ].map(counter => counts[counter]),
    [2, 6, 1, 1],
  )
})
