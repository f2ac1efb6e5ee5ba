import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { frameOf, TcpPeer, TcpPeerServer, until } from './node/fixtures/tcp-peer.ts'
import { TestChain } from './node/fixtures/test-chain.ts'
import type { P2pOptions } from './node/service-options.ts'
import type { ThreadEvent } from './node/thread-context.ts'
import { MessageType } from './protocol/p2p/message-type.ts'
import { encodePing } from './protocol/p2p/messages/ping.ts'
import { backends } from './registry.ts'
import { sendModes } from './send-mode.ts'
import { EADDRINUSE } from './sock/errno.ts'
import type { Address } from './sock/sock.ts'
import { Subject } from './subject.ts'

/** What every P2P backend must do, whatever its structure. */
const p2pBackends = backends.filter(({ protocols }) => protocols.p2p)
const chain = new TestChain(30)
const anyPort: Address = { family: 4, host: '127.0.0.1', port: 0 }
const bounded = { timeout: 30_000 }

class TestSubject {
  readonly events: ThreadEvent[] = []
  private readonly subject: Subject

  constructor(t: TestContext, backend: string, options: Partial<P2pOptions>) {
    const resolved: P2pOptions = {
      protocol: 'p2p',
      sendMode: 'optimistic',
      verify: 'merkle',
      refillBlocks: 1,
      listen: undefined,
      connect: [],
      socketBufferBytes: 1 << 16,
      ...options,
    }
    this.subject = new Subject(backend, [resolved], 'one', {
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

  get progress() {
    return this.subject.progress
  }

  /** A counter, summed over both threads. */
  count(name: string): number {
    return this.subject.counts()[name]
  }

  async stop(): Promise<void> {
    await this.subject.stop()
  }
}

/** A subject and one peer with a chain, connected in the one direction or the other. */
async function connectedPair(
  t: TestContext,
  backend: string,
  direction: 'inbound' | 'outbound',
  options: Partial<P2pOptions> = {},
): Promise<{ subject: TestSubject; peer: TcpPeer }> {
  if (direction === 'inbound') {
    const subject = new TestSubject(t, backend, { ...options, listen: anyPort })
    const peer = await connectPeer(t, await subject.listening(), chain)
    return { subject, peer }
  }
  const server = await TcpPeerServer.start(chain)
  t.after(() => server.close())
  const subject = new TestSubject(t, backend, { ...options, connect: [server.address] })
  await until(() => server.peers[0]?.handshakeDone)
  return { subject, peer: server.peers[0] }
}

async function connectPeer(t: TestContext, address: Address, served?: TestChain): Promise<TcpPeer> {
  const peer = await TcpPeer.connectTo(address, served)
  t.after(() => peer.socket.destroy())
  await until(() => peer.handshakeDone)
  return peer
}

async function downloaded(subject: TestSubject): Promise<void> {
  await until(() => subject.progress.blockHeight === chain.tipHeight)
}

function nonces(count: number): bigint[] {
  return Array.from({ length: count }, (_, i) => BigInt(i + 1))
}

function subjectThreadNames(): string[] {
  return readdirSync('/proc/self/task')
    .flatMap(tid => readOrNothing(() => readFileSync(`/proc/self/task/${tid}/comm`, 'utf8').trim()))
    .filter(name => name.startsWith('b-'))
    .sort()
}

/** Sockets, eventfds and the like; regular files come and go with modules. */
function openDescriptors(): string[] {
  return readdirSync('/proc/self/fd')
    .flatMap(fd => readOrNothing(() => readlinkSync(`/proc/self/fd/${fd}`)))
    .filter(target => !target.startsWith('/'))
    .sort()
}

/** What is left of `items` when each of `others` has taken one like it away. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = [...items]
  for (const other of others) {
    const at = left.indexOf(other)
    if (at >= 0) left.splice(at, 1)
  }
  return left
}

/** Threads and descriptors may vanish between being listed and being read. */
function readOrNothing(read: () => string): string[] {
  try {
    return [read()]
  } catch {
    return []
  }
}

for (const { name: backend, hasSendModes } of p2pBackends) {
  for (const sendMode of hasSendModes ? sendModes : (['optimistic'] as const)) {
    for (const direction of ['inbound', 'outbound'] as const) {
      test(
        `${backend}, ${sendMode}, ${direction}: downloads a chain and answers pings`,
        bounded,
        async t => {
          const before = openDescriptors()
          const { subject, peer } = await connectedPair(t, backend, direction, { sendMode })
          const threads = hasSendModes ? ['b-msghand', 'b-net'] : ['b-net']
          await until(() => subjectThreadNames().join() === threads.join())
          const handshake = [MessageType.version, MessageType.wtxidrelay, MessageType.sendaddrv2]
          assert.deepEqual(peer.received.slice(0, 4), [...handshake, MessageType.verack])
          await downloaded(subject)
          const tipHash = chain.hashes[chain.tipHeight]
          assert.deepEqual(subject.progress, { headerHeight: 30, blockHeight: 30, tipHash })
          for (const nonce of nonces(20)) peer.ping(nonce)
          await until(() => peer.pongs.length >= 20)
          assert.deepEqual(peer.pongs, nonces(20))
          await subject.stop()
          await until(() => peer.closed)
          assert.deepEqual(subjectThreadNames(), [])
          assert.equal(subject.count('messagesSent'), peer.received.length)
          assert.equal(subject.count('bytesSent'), peer.socket.bytesRead)
          assert.equal(subject.count('bytesReceived'), peer.socket.bytesWritten)
          if (direction === 'inbound') assert.deepEqual(without(openDescriptors(), before), [])
        },
      )
    }
  }
}

for (const { name: backend, hasSendModes } of p2pBackends) {
  test(`${backend}: wrong magic closes that peer and no other`, bounded, async t => {
    const subject = new TestSubject(t, backend, { listen: anyPort })
    const address = await subject.listening()
    const [bad, good] = [await connectPeer(t, address), await connectPeer(t, address)]
    const frame = frameOf(MessageType.ping, encodePing(1n))
    frame[0] ^= 1
    bad.socket.write(frame)
    await until(() => bad.closed)
    await good.pingPong(7n)
    assert.deepEqual(bad.pongs, [])
    assert.equal(good.closed, false)
  })

  test(`${backend}: a bad checksum loses the message and not the peer`, bounded, async t => {
    const { peer } = await connectedPair(t, backend, 'inbound')
    const frame = frameOf(MessageType.ping, encodePing(1n))
    frame[20] ^= 1
    peer.socket.write(frame)
    await peer.pingPong(2n)
    assert.deepEqual(peer.pongs, [2n])
    assert.equal(peer.closed, false)
  })

  test(`${backend}: misbehaviour disconnects, and says why`, bounded, async t => {
    const { subject, peer } = await connectedPair(t, backend, 'inbound')
    peer.send(MessageType.block, new TestChain(2, 1).blocks[2])
    await until(
      () => peer.closed && subject.events.some(({ kind }) => kind === 'peer-disconnected'),
    )
    const said = subject.events.filter(({ kind }) => kind === 'peer-disconnected')
    const reason = 'sent a block with an unknown parent'
    assert.deepEqual(said, [{ kind: 'peer-disconnected', id: 0, reason }])
  })

  test(
    `${backend}: EOF closes the connection, and the sync goes on with another peer`,
    bounded,
    async t => {
      const subject = new TestSubject(t, backend, { listen: anyPort })
      const address = await subject.listening()
      const silent = await connectPeer(t, address)
      await until(() => silent.received.includes(MessageType.getheaders))
      const serving = await connectPeer(t, address, chain)
      silent.socket.end()
      await until(() => silent.closed)
      await downloaded(subject)
      assert.equal(serving.closed, false)
    },
  )

  test(`${backend}: 80 pings sent byte by byte are answered in order`, bounded, async t => {
    const { peer } = await connectedPair(t, backend, 'inbound')
    for (const nonce of nonces(80)) {
      for (const byte of frameOf(MessageType.ping, encodePing(nonce))) {
        peer.socket.write(Buffer.from([byte]))
      }
    }
    await until(() => peer.pongs.length >= 80)
    assert.deepEqual(peer.pongs, nonces(80))
  })

  test(`${backend}: two peers share the download, each is answered`, bounded, async t => {
    const subject = new TestSubject(t, backend, { listen: anyPort })
    const address = await subject.listening()
    const peers = [await connectPeer(t, address, chain), await connectPeer(t, address, chain)]
    await downloaded(subject)
    for (const peer of peers) {
      for (const nonce of nonces(5)) peer.ping(nonce)
    }
    await until(() => peers.every(({ pongs }) => pongs.length >= 5))
    for (const { pongs } of peers) assert.deepEqual(pongs, nonces(5))
  })

  test(`${backend}: listens on IPv6`, bounded, async t => {
    const listen: Address = { family: 6, host: '::1', port: 0 }
    const subject = new TestSubject(t, backend, { listen })
    const peer = await connectPeer(t, await subject.listening(), chain)
    await downloaded(subject)
    assert.equal(peer.socket.remoteFamily, 'IPv6')
  })

  test(
    `${backend}: a peer that reads nothing is not handled further, and loses nothing`,
    bounded,
    async t => {
      const subject = new TestSubject(t, backend, { listen: anyPort })
      const address = await subject.listening()
      const [slow, other] = [await connectPeer(t, address), await connectPeer(t, address)]
      const sent = nonces(60_000)
      slow.socket.pause()
      slow.socket.write(Buffer.concat(sent.map(n => frameOf(MessageType.ping, encodePing(n)))))
      const handled = await untilOnlyHandling(subject, other)
      assert.ok(handled < sent.length, `it answered all of ${handled}`)
      slow.socket.resume()
      await until(() => slow.pongs.length >= sent.length)
      assert.deepEqual(slow.pongs, sent)
      assert.equal(subject.count('partialSends') > 0, hasSendModes)
    },
  )

  test(`${backend}: a port in use is reported with its errno`, bounded, async t => {
    const taken = await new TestSubject(t, backend, { listen: anyPort }).listening()
    const second = new TestSubject(t, backend, { listen: taken, connect: [taken] })
    await until(() => second.events.length === 2)
    assert.deepEqual(second.events[0], { kind: 'listen-failed', address: taken, errno: EADDRINUSE })
    assert.deepEqual(second.events[1], { kind: 'connected', address: taken })
  })
}

/** More than this many pongs of 32 bytes are too much to have queued. */
const PONGS_THAT_PAUSE = 1_000_000 / 32

/**
 * Returns once only messages of `peer` are handled any more, and a peer may have been paused.
 * @returns how many messages of others were handled
 */
async function untilOnlyHandling(subject: TestSubject, peer: TcpPeer): Promise<number> {
  const rounds = 20n
  for (let nonce = 1n; ; nonce += rounds) {
    const before = subject.count('messagesReceived')
    for (let i = 0n; i < rounds; i++) await peer.pingPong(nonce + i)
    const handled = subject.count('messagesReceived')
    const handledOthers = handled - peer.pongs.length
    const onlyThePeers = handled === before + Number(rounds)
    if (onlyThePeers && handledOthers > PONGS_THAT_PAUSE) return handledOthers
  }
}

test('look-ups are what tells the backends apart', bounded, async t => {
  const lookupsPerPoll: Record<string, number> = {}
  for (const { name: backend } of p2pBackends) {
    const { subject } = await connectedPair(t, backend, 'outbound')
    await downloaded(subject)
    await subject.stop()
    const polls = subject.count('pollWakeUps') + subject.count('pollTimeouts')
    lookupsPerPoll[backend] = subject.count('lookups') / polls
  }
  const direct = lookupsPerPoll.direct
  assert.ok(direct > 0 && direct <= 1, `direct: ${direct}`)
  assert.equal(lookupsPerPoll['devirtualized-sockman'], 0)
  assert.ok(lookupsPerPoll['virtual-sockman'] > 2 * direct)
})
