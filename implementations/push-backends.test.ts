import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { TcpPeerServer, until } from './node/fixtures/tcp-peer.ts'
import { type ReceivedStamps, TestSubscriber } from './node/push/fixtures/test-subscriber.ts'
import { PushSchedule } from './node/push/schedule.ts'
import type { PushOptions, ServiceOptions } from './node/service-options.ts'
import type { ThreadEvent } from './node/thread-context.ts'
import { MAX_PUSH_REQUEST } from './protocol/sv2/push-request.ts'
import { backends } from './registry.ts'
import { type SendMode, sendModes } from './send-mode.ts'
import { EADDRINUSE } from './sock/errno.ts'
import type { Address } from './sock/sock.ts'
import { Subject } from './subject.ts'
import { monotonicNs } from './threads/monotonic-clock.ts'

/** What every backend that pushes must do, whatever its structure. */
const pushBackends = backends.filter(({ protocols }) => protocols.push)
const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const bounded = { timeout: 60_000 }

class PushSubject {
  readonly events: ThreadEvent[] = []
  private readonly subject: Subject
  private readonly t: TestContext

  /** @param companions services that share its socket thread */
  constructor(
    t: TestContext,
    backend: string,
    options: Partial<PushOptions> = {},
    companions: readonly ServiceOptions[] = [],
  ) {
    this.t = t
    const resolved: PushOptions = {
      protocol: 'push',
      sendMode: 'optimistic',
      socketBufferBytes: 1 << 16,
      listen: anyPort,
      message: 'probe',
      meanIntervalUs: 200,
      seed: 9,
      ...options,
    }
    this.subject = new Subject(backend, [resolved, ...companions], 'one', {
      onEvent: event => this.events.push(event),
      onCrash: error => {
        throw error
      },
    })
    t.after(() => this.stop())
  }

  async listening(): Promise<Address> {
    const bound = () => this.events.find(event => event.kind === 'listening')
    await until(() => bound() !== undefined)
    return bound()?.address ?? anyPort
  }

  /** One after the other, so that all are known to the source once it knows the last. */
  async subscribers(
    count: number,
    kind: PushOptions['message'] = 'probe',
  ): Promise<TestSubscriber[]> {
    const address = await this.listening()
    const subscribers: TestSubscriber[] = []
    for (let i = 0; i < count; i++) {
      const subscriber = await TestSubscriber.connectTo(address, kind)
      this.t.after(() => subscriber.socket.destroy())
      subscribers.push(subscriber)
    }
    return subscribers
  }

  eventsOf(kind: ThreadEvent['kind']): ThreadEvent[] {
    return this.events.filter(event => event.kind === kind)
  }

  /** A counter, summed over the threads. */
  count(name: string): number {
    return this.subject.counts()[name]
  }

  async stop(): Promise<void> {
    await this.subject.stop()
  }
}

async function received(subscribers: readonly TestSubscriber[], messages: number): Promise<void> {
  await until(() => subscribers.every(({ received }) => received.length >= messages))
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}

/** From each intended moment to the next. */
function steps(stamps: readonly ReceivedStamps[]): number[] {
  return stamps.slice(1).map(({ intendedNs }, i) => intendedNs - stamps[i].intendedNs)
}

for (const { name, hasSendModes } of pushBackends) {
  for (const sendMode of hasSendModes ? sendModes : (['optimistic'] as const)) {
    for (const count of [1, 16]) {
      test(
        `${name}, ${sendMode}: ${count} subscriber(s) get what was asked for, in order, at its moments`,
        bounded,
        async t => {
          const startNs = monotonicNs()
          const subject = new PushSubject(t, name, { sendMode })
          const subscribers = await subject.subscribers(count)
          const last = subscribers[count - 1]
          last.request(100)
          await received(subscribers, 100)
          const askedNs = monotonicNs()
          last.request(50)
          await received(subscribers, 150)
          await subject.stop()
          await until(() => subscribers.every(({ closed }) => closed))

          const stamps = last.received
          const schedule = new PushSchedule(9, 200_000)
          const intervals = range(150).map(() => schedule.nextIntervalNs())
          assert.deepEqual(steps(stamps.slice(0, 100)), intervals.slice(1, 100))
          assert.deepEqual(steps(stamps.slice(100)), intervals.slice(101))
          assert.ok(stamps[0].intendedNs >= startNs + intervals[0])
          assert.ok(stamps[100].intendedNs >= askedNs + intervals[100])
          assert.ok(stamps.every(({ intendedNs, pushedNs }) => intendedNs <= pushedNs))
          assert.ok(stamps[149].pushedNs <= monotonicNs())
          for (const subscriber of subscribers) {
            assert.deepEqual(subscriber.received, stamps)
            assert.deepEqual(
              subscriber.received.map(({ sequence }) => sequence),
              range(150),
            )
            assert.equal(subscriber.malformed, 0)
          }
          if (hasSendModes) assertSentAs(sendMode, subject, 150 * count)
          assert.equal(subject.count('messagesSent'), 150 * count)
          assert.equal(subject.count('bytesSent'), 150 * count * 32)
          assert.equal(subject.count('bytesReceived'), 8)
        },
      )
    }
  }
}

/** Who sends shows in the system calls. */
function assertSentAs(sendMode: SendMode, subject: PushSubject, messages: number): void {
  const sends = subject.count('syscall.send')
  if (sendMode === 'optimistic') assert.equal(sends, messages)
  if (sendMode === 'queued') assert.ok(sends < messages, `${sends}`)
  assert.equal(subject.count('syscall.write') > 0, sendMode === 'wakeup')
}

for (const { name } of pushBackends.filter(({ hasSendModes }) => hasSendModes)) {
  test(`${name}: with a subscriber and nothing to push, pollout alone spins`, bounded, async t => {
    const [spinning, waiting] = (['pollout', 'queued'] as const).map(
      sendMode => new PushSubject(t, name, { sendMode }),
    )
    for (const subject of [spinning, waiting]) {
      await subject.subscribers(1)
      await until(() => subject.count('syscall.accept4') === 1)
    }
    const polls = () => [spinning, waiting].map(subject => subject.count('syscall.poll'))
    const [spunBefore, waitedBefore] = polls()
    await until(() => spinning.count('syscall.poll') > spunBefore + 1_000)
    const [spun, waited] = polls()
    assert.ok((waited - waitedBefore) * 4 < spun - spunBefore, `${waited - waitedBefore} polls`)
  })
}

for (const { name } of pushBackends) {
  test(`${name}: a subscriber that never reads is dropped, the others go on`, bounded, async t => {
    const subject = new PushSubject(t, name, { message: 'new-template', meanIntervalUs: 50 })
    const [slow, ...others] = await subject.subscribers(3, 'new-template')
    slow.socket.pause()
    // In portions, lest the others fall behind as well.
    for (let messages = 500; messages <= 6_000; messages += 500) {
      others[1].request(500)
      await received(others, messages)
    }
    await until(() => subject.eventsOf('connection-closed').length === 1)
    const reason = 'read too slowly: 1000000 bytes wait for it'
    assert.deepEqual(subject.eventsOf('peer-disconnected'), [
      { kind: 'peer-disconnected', id: 0, reason },
    ])
    assert.deepEqual(subject.eventsOf('connection-closed'), [{ kind: 'connection-closed', id: 0 }])
    for (const { received, malformed, closed } of others) {
      assert.deepEqual(
        received.map(({ sequence }) => sequence),
        range(6_000),
      )
      assert.deepEqual({ malformed, closed }, { malformed: 0, closed: false })
    }
  })

  test(`${name}: EOF and reset close that subscriber and no other`, bounded, async t => {
    const subject = new PushSubject(t, name)
    const [ending, resetting, staying] = await subject.subscribers(3)
    staying.request(MAX_PUSH_REQUEST)
    await received([ending, resetting], 10)
    ending.socket.end()
    resetting.socket.resetAndDestroy()
    await until(() => subject.eventsOf('connection-closed').length === 2 && ending.closed)
    await received([staying], staying.received.length + 10)
    assert.equal(staying.closed, false)
  })

  test(
    `${name}: what is left when the last subscriber leaves is forgotten; the next starts with 0`,
    bounded,
    async t => {
      const subject = new PushSubject(t, name)
      const [first] = await subject.subscribers(1)
      first.request(MAX_PUSH_REQUEST)
      await received([first], 3)
      first.socket.end()
      await until(() => subject.eventsOf('connection-closed').length === 1)
      const [second] = await subject.subscribers(1)
      const askedNs = monotonicNs()
      second.request(5)
      await received([second], 5)
      assert.ok(second.received[0].intendedNs > askedNs)
      assert.equal(second.received[0].sequence, 0)
    },
  )

  test(`${name}: what subscribers send is counted and not kept`, bounded, async t => {
    const subject = new PushSubject(t, name)
    const [subscriber] = await subject.subscribers(1)
    const floodBytes = 8 << 20
    subscriber.socket.write(Buffer.alloc(floodBytes))
    await until(() => subject.count('bytesReceived') === floodBytes)
    assert.equal(subject.count('messagesSent'), 0)
    subscriber.request(1)
    await received([subscriber], 1)
  })

  test(`${name}: the 126th subscriber is refused`, bounded, async t => {
    const subject = new PushSubject(t, name)
    const subscribers = await subject.subscribers(126)
    await until(() => subscribers[125].closed)
    subscribers[124].request(1)
    await received(subscribers.slice(0, 125), 1)
    assert.equal(subscribers[125].received.length, 0)
  })

  test(`${name}: 1,000 subscribers that come and go leave no descriptor`, bounded, async t => {
    const subject = new PushSubject(t, name)
    await subject.listening()
    const before = openSockets()
    for (let gone = 50; gone <= 1_000; gone += 50) {
      for (const { socket } of await subject.subscribers(50)) socket.destroy()
      await until(() => subject.eventsOf('connection-closed').length === gone)
    }
    await until(() => openSockets() <= before)
  })

  test(`${name}: in one socket thread with a node that downloads`, bounded, async t => {
    const server = await TcpPeerServer.start()
    t.after(() => server.close())
    const node: ServiceOptions = {
      protocol: 'p2p',
      sendMode: 'optimistic',
      socketBufferBytes: 1 << 16,
      verify: 'none',
      refillBlocks: 1,
      listen: undefined,
      connect: [server.address],
    }
    const subject = new PushSubject(t, name, {}, [node])
    const [subscriber] = await subject.subscribers(1)
    await until(() => server.peers[0]?.handshakeDone)
    for (let i = 0n; i < 10n; i++) {
      subscriber.request(5)
      await server.peers[0].pingPong(i)
      await received([subscriber], 5 * Number(i + 1n))
    }
    assert.equal(subscriber.malformed, 0)
  })

  test(`${name}: a port in use is reported with its errno`, bounded, async t => {
    const taken = await new PushSubject(t, name).listening()
    const second = new PushSubject(t, name, { listen: taken })
    await until(() => second.events.length === 1)
    assert.deepEqual(second.events, [{ kind: 'listen-failed', address: taken, errno: EADDRINUSE }])
  })
}

function openSockets(): number {
  return readdirSync('/proc/self/fd').filter(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')
    } catch {
      return false // gone since it was listed
    }
  }).length
}
