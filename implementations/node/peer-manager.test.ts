import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MSG_WITNESS_BLOCK } from '../protocol/p2p/constants.ts'
import { Malformed } from '../protocol/p2p/malformed.ts'
import { MessageType } from '../protocol/p2p/message-type.ts'
import { emptyPayload } from '../protocol/p2p/messages/empty.ts'
import { decodeGetHeaders } from '../protocol/p2p/messages/getheaders.ts'
import { encodeHeaders } from '../protocol/p2p/messages/headers.ts'
import { decodeInventory } from '../protocol/p2p/messages/inventory.ts'
import { encodePing } from '../protocol/p2p/messages/ping.ts'
import { decodeVersion } from '../protocol/p2p/messages/version.ts'
import { type LabPeer, PeerLab, type Sent, versionPayload } from './fixtures/peer-lab.ts'
import { mineHeader, TestChain } from './fixtures/test-chain.ts'

const chain = new TestChain(1_300)
const longChain = new TestChain(4_500)
const { version, verack, wtxidrelay, sendaddrv2, sendheaders } = MessageType
const { getheaders, headers, ping, pong, block, notfound, getdata, inv } = MessageType

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** The first hash of the locator in the only message, a getheaders. */
function askedFrom(sent: readonly Sent[]): number {
  assert.deepEqual(
    sent.map(({ type }) => type),
    [getheaders],
  )
  const request = decodeGetHeaders(sent[0].payload)
  assert.ok(!(request instanceof Malformed))
  return longChain.hashes.indexOf(request.locator[0])
}

/** As many entries as it says, all zeros. */
function listOf(count: number, entryBytes: number): Buffer {
  const payload = Buffer.alloc(3 + count * entryBytes)
  payload[0] = 0xfd
  payload.writeUInt16LE(count, 1)
  return payload
}

// ---- handshake ----

test('outbound: the version goes out first, the rest follows the answers', () => {
  const peer = new PeerLab().connect(1, 'outbound')
  assert.deepEqual(peer.takeSentTypes(), [version])
  peer.says(version, versionPayload({}))
  assert.deepEqual(peer.takeSentTypes(), [wtxidrelay, sendaddrv2, verack])
  assert.equal(peer.memory.successfullyConnected, false)
  peer.pass()
  assert.deepEqual(peer.takeSentTypes(), [])
  peer.says(verack, emptyPayload)
  assert.equal(peer.memory.successfullyConnected, true)
  assert.deepEqual(peer.takeSentTypes(), [sendheaders])
})

test('inbound: nothing is said before the peer has said its version', () => {
  const peer = new PeerLab().connect(1, 'inbound')
  assert.deepEqual(peer.takeSentTypes(), [])
  peer.says(version, versionPayload({}))
  assert.deepEqual(peer.takeSentTypes(), [version, wtxidrelay, sendaddrv2, verack])
})

test('a second version or verack is ignored', () => {
  const peer = new PeerLab().connected(1)
  peer.says(version, versionPayload({ version: 1 }))
  peer.says(verack, emptyPayload)
  assert.deepEqual(peer.takeSentTypes(), [])
  assert.equal(peer.disconnectReason, undefined)
})

test('an obsolete version is disconnected, the oldest that is spoken is not', () => {
  const lab = new PeerLab()
  const [tooOld, old] = [lab.connect(1), lab.connect(2)]
  tooOld.says(version, versionPayload({ version: 31_799 }))
  old.says(version, versionPayload({ version: 31_800 }))
  assert.match(tooOld.disconnectReason ?? '', /obsolete version 31799/)
  assert.equal(tooOld.memory.disconnectRequested, true)
  assert.equal(old.disconnectReason, undefined)
})

test('a connection to itself is recognised by the nonce', () => {
  const lab = new PeerLab()
  const own = decodeVersion(lab.connect(1, 'outbound').takeSent()[0].payload)
  assert.ok(!(own instanceof Malformed))
  const inbound = lab.connect(2, 'inbound')
  inbound.says(version, versionPayload({ nonce: own.nonce }))
  assert.equal(inbound.disconnectReason, 'connected to self')
  const outbound = lab.connect(3, 'outbound')
  outbound.says(version, versionPayload({ nonce: own.nonce }))
  assert.equal(outbound.disconnectReason, undefined, 'the inbound side tells')
})

test('an unreadable version is ignored and a good one may follow', () => {
  const peer = new PeerLab().connect(1, 'inbound')
  peer.says(version, new Uint8Array(20))
  assert.deepEqual(peer.takeSentTypes(), [])
  peer.says(version, versionPayload({}))
  assert.equal(peer.takeSent().length, 4)
  assert.equal(peer.disconnectReason, undefined)
})

test('nothing is answered before version, and nothing but the handshake before verack', () => {
  const peer = new PeerLab().connect(1, 'inbound')
  const saysAll = () => {
    peer.says(ping, encodePing(1n))
    peer.saysHeaders(chain, 1, 3)
    peer.saysInventory('getdata', [chain.hashes[1]])
    peer.saysBlock(chain, 1)
  }
  saysAll()
  peer.says(verack, emptyPayload)
  assert.deepEqual(peer.takeSentTypes(), [])
  peer.says(version, versionPayload({}))
  peer.takeSent()
  saysAll()
  assert.deepEqual(peer.takeSentTypes(), [])
  assert.equal(peer.disconnectReason, undefined)
})

test('pings are answered in order, each with its nonce', () => {
  const peer = new PeerLab().connected(1)
  const nonces = [1n, 2n ** 64n - 1n, 0n, 0x0102030405060708n]
  for (const nonce of nonces) peer.says(ping, encodePing(nonce))
  const sent = peer.takeSent()
  assert.deepEqual(
    sent.map(({ type }) => type),
    nonces.map(() => pong),
  )
  assert.deepEqual(
    sent.map(({ payload }) => Buffer.from(payload).readBigUInt64LE()),
    nonces,
  )
})

test('messages that mean nothing here, or are too short, change nothing', () => {
  const peer = new PeerLab().connected(1)
  peer.says(MessageType.unknown, Buffer.from('anything'))
  peer.says(MessageType.feefilter, new Uint8Array(8))
  peer.says(pong, new Uint8Array(8))
  peer.says(ping, new Uint8Array(7))
  peer.says(block, new Uint8Array(80))
  peer.says(headers, Buffer.from([5]))
  peer.says(inv, Buffer.from([5]))
  assert.deepEqual(peer.takeSentTypes(), [])
  assert.equal(peer.disconnectReason, undefined)
})

// ---- headers ----

test('headers come from one peer, message by message, and then from the others', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.connected(1), lab.connected(2)]
  first.pass()
  second.pass()
  assert.equal(askedFrom(first.takeSent()), 0)
  first.saysHeaders(longChain, 1, 2_000)
  assert.equal(askedFrom(first.takeSent()), 2_000)
  first.saysHeaders(longChain, 2_001, 4_000)
  assert.equal(askedFrom(first.takeSent()), 4_000)
  second.pass()
  assert.deepEqual(second.takeSentTypes(), [])
  first.saysHeaders(longChain, 4_001, 4_500)
  assert.deepEqual(first.takeSentTypes(), [])
  assert.equal(lab.manager.headers.tipHeight, 4_500)
  second.pass()
  assert.equal(askedFrom(second.takeSent()), 4_499)
  second.pass()
  assert.deepEqual(second.takeSentTypes(), [], 'asked once')
})

test('an empty answer ends the sync as well', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.connected(1), lab.connected(2)]
  first.pass()
  first.says(headers, encodeHeaders(emptyPayload))
  second.pass()
  assert.deepEqual(second.takeSentTypes(), [getheaders])
})

test('when the peer that is asked for headers is lost, another is asked', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.connected(1), lab.connected(2)]
  first.pass()
  first.saysHeaders(longChain, 1, 2_000)
  lab.manager.finalizeNode(first)
  second.pass()
  assert.equal(askedFrom(second.takeSent()), 1_999)
})

test('2001 headers, and headers that do not follow each other, are disconnected', () => {
  const lab = new PeerLab()
  const reasonFor = (id: number, payload: Uint8Array) => {
    const peer = lab.connected(id)
    peer.says(headers, payload)
    return peer.disconnectReason
  }
  assert.match(reasonFor(1, listOf(2_001, 81)) ?? '', /2001/)
  const gap = Buffer.concat([chain.headers(1, 2), chain.headers(4, 4)])
  assert.match(reasonFor(2, encodeHeaders(gap)) ?? '', /non-continuous/)
  const backwards = Buffer.concat([chain.headers(2, 2), chain.headers(1, 1)])
  assert.match(reasonFor(3, encodeHeaders(backwards)) ?? '', /non-continuous/)
  const twice = Buffer.concat([chain.headers(1, 1), chain.headers(1, 1)])
  assert.match(reasonFor(4, encodeHeaders(twice)) ?? '', /non-continuous/)
  assert.equal(reasonFor(5, encodeHeaders(chain.headers(1, 3))), undefined)
})

test('an invalid header is disconnected', () => {
  const peer = new PeerLab().connected(1)
  const early = mineHeader({ prevHash: chain.hashes[0], time: 0 })
  peer.says(headers, encodeHeaders(early))
  assert.match(peer.disconnectReason ?? '', /invalid header/)
})

test('headers on an unknown block are asked for from the tip, up to 10 times', () => {
  const peer = new PeerLab().connected(1)
  for (let i = 0; i < 10; i++) {
    peer.saysHeaders(longChain, 9, 10)
    assert.equal(askedFrom(peer.takeSent()), 0)
  }
  assert.equal(peer.disconnectReason, undefined)
  peer.saysHeaders(longChain, 9, 10)
  assert.match(peer.disconnectReason ?? '', /do not connect/)
})

test('headers that connect start the count of unconnecting ones anew', () => {
  const peer = new PeerLab().connected(1)
  for (let i = 0; i < 10; i++) peer.saysHeaders(chain, 9, 10)
  peer.saysHeaders(chain, 1, 1)
  for (let i = 0; i < 10; i++) peer.saysHeaders(chain, 9, 10)
  assert.equal(peer.disconnectReason, undefined)
})

test('a fork is ignored, however long, and ends the sync', () => {
  const lab = new PeerLab()
  const forked = lab.connected(1)
  const second = lab.connected(2)
  forked.pass()
  forked.saysHeaders(chain, 1, 5)
  forked.takeSent()
  const fork = [mineHeader({ prevHash: chain.hashes[3] })]
  forked.says(headers, encodeHeaders(Buffer.concat([...fork, chain.headers(5, 5)])))
  forked.saysHeaders(new TestChain(10, 1), 1, 10)
  assert.deepEqual(forked.takeSentTypes(), [])
  assert.equal(forked.disconnectReason, undefined)
  assert.equal(lab.manager.headers.tipHeight, 5)
  second.pass()
  assert.deepEqual(second.takeSentTypes(), [getheaders])
})

test('an announced block that is unknown is asked for by its headers, a known one is remembered', () => {
  const lab = new PeerLab()
  const peer = lab.synced(1, chain)
  const other = lab.connected(2)
  other.saysInventory('inv', [chain.hashes[3]])
  assert.deepEqual(other.takeSentTypes(), [])
  assert.deepEqual(other.askedInPass(chain), [1, 2, 3])
  peer.saysInventory('inv', [longChain.hashes[1_301]])
  assert.deepEqual(peer.takeSentTypes(), [getheaders])
})

test('50,000 inventory entries are taken, 50,001 are disconnected', () => {
  const lab = new PeerLab()
  let id = 0
  for (const type of [inv, getdata, notfound]) {
    for (const [count, disconnected] of [
      [50_000, false],
      [50_001, true],
    ] as const) {
      const peer = lab.connected(id++)
      peer.says(type, listOf(count, 36))
      assert.equal(peer.memory.disconnectRequested, disconnected, `${type}: ${count}`)
    }
  }
})

test('getdata is answered with notfound for all of it, getheaders with none', () => {
  const peer = new PeerLab().connected(1)
  peer.saysInventory('getdata', [chain.hashes[1], chain.hashes[2]])
  const [answer] = peer.takeSent()
  assert.equal(answer.type, notfound)
  const entries = decodeInventory(answer.payload)
  assert.ok(!(entries instanceof Malformed))
  assert.deepEqual(
    entries.map(({ hash }) => hash),
    chain.hashes.slice(1, 3),
  )
  peer.says(getheaders, Buffer.concat([Buffer.alloc(4), Buffer.from([0]), Buffer.alloc(32)]))
  const [headersAnswer] = peer.takeSent()
  assert.deepEqual([headersAnswer.type, [...headersAnswer.payload]], [headers, [0]])
})

// ---- blocks ----

test('16 blocks are in flight, one more is asked for with each that comes, with witness', () => {
  const lab = new PeerLab()
  const peer = lab.synced(1, chain)
  assert.deepEqual(peer.askedInPass(chain), range(1, 16))
  assert.deepEqual(peer.askedInPass(chain), [])
  for (let height = 1; height <= 40; height++) {
    peer.saysBlock(chain, height)
    peer.pass()
    const [{ type, payload }] = peer.takeSent()
    assert.equal(type, getdata)
    const entries = decodeInventory(payload)
    assert.deepEqual(entries, [{ type: MSG_WITNESS_BLOCK, hash: chain.hashes[height + 16] }])
    assert.equal(lab.manager.download.tipHeight, height)
  }
})

test('refillBlocks: more are asked for only when so many places in flight are free', () => {
  const peer = new PeerLab('none', 4).synced(1, chain)
  assert.deepEqual(peer.askedInPass(chain), range(1, 16))
  for (const height of [1, 2, 3]) peer.saysBlock(chain, height)
  assert.deepEqual(peer.askedInPass(chain), [])
  peer.saysBlock(chain, 4)
  assert.deepEqual(peer.askedInPass(chain), range(17, 20))
})

test('blocks may come in any order and twice', () => {
  const lab = new PeerLab('merkle')
  const peer = lab.synced(1, chain)
  peer.pass()
  for (const height of range(2, 16).reverse()) peer.saysBlock(chain, height)
  peer.saysBlock(chain, 9)
  assert.equal(lab.manager.download.tipHeight, 0)
  peer.saysBlock(chain, 1)
  assert.equal(lab.manager.download.tipHeight, 16)
  assert.deepEqual(peer.askedInPass(chain), range(17, 32))
  assert.equal(peer.disconnectReason, undefined)
})

test('peers share the work: no block is asked of two', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.synced(1, chain), lab.synced(2, chain)]
  assert.deepEqual(first.askedInPass(chain), range(1, 16))
  assert.deepEqual(second.askedInPass(chain), range(17, 32))
})

test('a block that another peer was asked for counts, and frees the place in flight of that one', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.synced(1, chain), lab.synced(2, chain)]
  first.pass()
  second.pass()
  second.saysBlock(chain, 1)
  assert.equal(lab.manager.download.tipHeight, 1)
  assert.deepEqual(second.askedInPass(chain), [])
  assert.deepEqual(first.askedInPass(chain), [33])
})

test('a block without its header announced extends the chain', () => {
  const lab = new PeerLab()
  const peer = lab.connected(1)
  peer.saysBlock(chain, 1)
  assert.equal(lab.manager.headers.tipHeight, 1)
  assert.equal(lab.manager.download.tipHeight, 1)
})

test('a block with an unknown parent is disconnected and not counted', () => {
  const lab = new PeerLab()
  const peer = lab.connected(1)
  peer.saysBlock(chain, 2)
  assert.match(peer.disconnectReason ?? '', /unknown parent/)
  assert.deepEqual([lab.manager.headers.tipHeight, lab.manager.download.tipHeight], [0, 0])
})

test('a block with an invalid header is disconnected', () => {
  const peer = new PeerLab().connected(1)
  const header = mineHeader({ prevHash: chain.hashes[0], time: 0 })
  peer.says(block, Buffer.concat([header, Buffer.from([0])]))
  assert.match(peer.disconnectReason ?? '', /invalid header/)
})

function damaged(height: number): Buffer {
  const payload = Buffer.from(chain.blocks[height])
  payload[payload.length - 1] ^= 1 // lock time: the header stays as it is
  return payload
}

test('verify=merkle: a damaged block is disconnected and asked of somebody else', () => {
  const lab = new PeerLab('merkle')
  const [bad, good] = [lab.synced(1, chain), lab.synced(2, chain)]
  bad.pass()
  bad.saysBlock(chain, 1)
  bad.says(block, damaged(2))
  assert.match(bad.disconnectReason ?? '', /merkle/)
  assert.equal(lab.manager.download.tipHeight, 1)
  assert.deepEqual(bad.askedInPass(chain), [], 'not of the same peer')
  lab.manager.finalizeNode(bad)
  assert.deepEqual(good.askedInPass(chain), range(2, 17))
  good.saysBlock(chain, 2)
  assert.equal(lab.manager.download.tipHeight, 2)
})

test('verify=merkle: a damaged block that another peer was asked for is asked for again', () => {
  const lab = new PeerLab('merkle')
  const [bad, good] = [lab.synced(1, chain), lab.synced(2, chain)]
  good.pass()
  bad.says(block, damaged(1))
  assert.match(bad.disconnectReason ?? '', /merkle/)
  assert.deepEqual(good.askedInPass(chain), [1])
})

test('verify=none: transactions are not looked at', () => {
  const lab = new PeerLab('none')
  const peer = lab.synced(1, chain)
  peer.pass()
  peer.says(block, damaged(1))
  assert.equal(lab.manager.download.tipHeight, 1)
})

test('what is not found is asked of another peer', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.synced(1, chain), lab.synced(2, chain)]
  first.pass()
  first.saysInventory('notfound', chain.hashes.slice(5, 17))
  assert.deepEqual(first.askedInPass(chain), [], 'it has nothing from 5 on')
  assert.deepEqual(second.askedInPass(chain), range(5, 20))
})

test('notfound for what was not asked of the peer changes nothing', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.synced(1, chain), lab.synced(2, chain)]
  first.pass()
  second.saysInventory('notfound', [chain.hashes[1], longChain.hashes[3_000]])
  assert.deepEqual(second.askedInPass(chain), range(17, 32))
  first.saysBlock(chain, 1)
  assert.deepEqual(first.askedInPass(chain), [33])
})

test('what a lost peer was asked for is asked of another', () => {
  const lab = new PeerLab()
  const [first, second] = [lab.synced(1, chain), lab.synced(2, chain)]
  first.pass()
  first.saysBlock(chain, 3)
  lab.manager.finalizeNode(first)
  assert.deepEqual(second.askedInPass(chain), [1, 2, ...range(4, 17)])
  first.saysBlock(chain, 1)
  assert.equal(lab.manager.download.tipHeight, 0, 'a lost peer says nothing')
})

// ---- peers that are too slow ----

/** The staller keeps the first missing block, the other peer downloads the rest of the window. */
function fillWindow(lab: PeerLab, staller: LabPeer, other: LabPeer): void {
  const { download } = lab.manager
  assert.deepEqual(staller.askedInPass(longChain)[0], download.tipHeight + 1)
  let asked = other.askedInPass(longChain)
  while (asked.length > 0) {
    for (const height of asked) other.saysBlock(longChain, height)
    asked = other.askedInPass(longChain)
  }
}

function labWithLongChain(): PeerLab {
  const lab = new PeerLab()
  const first = lab.connected(0)
  first.saysHeaders(longChain, 1, 2_000)
  first.saysHeaders(longChain, 2_001, 4_000)
  first.saysHeaders(longChain, 4_001, 4_500)
  lab.manager.finalizeNode(first)
  return lab
}

/** A peer that says it has all of the long chain. */
function fullPeer(lab: PeerLab, id: number): LabPeer {
  const peer = lab.connected(id)
  peer.saysInventory('inv', [longChain.hashes[4_500]])
  return peer
}

/** The stalling peer is disconnected after so many milliseconds, to two of them. */
function stallsFor(lab: PeerLab, staller: LabPeer, expectedMs: number): void {
  lab.nowMs += expectedMs
  staller.pass()
  assert.equal(staller.disconnectReason, undefined, `after ${expectedMs} ms`)
  lab.nowMs += 2
  staller.pass()
  assert.match(staller.disconnectReason ?? '', /stalled/)
  lab.manager.finalizeNode(staller)
}

test('a peer that holds up the window is dropped after 2 s, the next after 4 s, up to 64 s', () => {
  const lab = labWithLongChain()
  const other = fullPeer(lab, 1)
  let id = 2
  for (const timeoutMs of [2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 64_000]) {
    const staller = fullPeer(lab, id++)
    fillWindow(lab, staller, other)
    stallsFor(lab, staller, timeoutMs)
  }
  assert.deepEqual(other.askedInPass(longChain), range(1, 16), 'and asked of the other')
})

test('the stalling timeout relaxes by 0.85 with each block that the chain grows by, down to 2 s', () => {
  const lab = labWithLongChain()
  const other = fullPeer(lab, 1)
  const first = fullPeer(lab, 2)
  fillWindow(lab, first, other)
  stallsFor(lab, first, 2_000)
  const second = fullPeer(lab, 3)
  fillWindow(lab, second, other)
  stallsFor(lab, second, 4_000)
  // 8 s now. Heights 1 to 16 are missing, the rest of the window is here.
  for (const height of [5, 1, 2, 3]) other.saysBlock(longChain, height)
  const third = fullPeer(lab, 4)
  assert.deepEqual(third.askedInPass(longChain), [4, ...range(6, 16), ...range(1_025, 1_027)])
  other.askedInPass(longChain)
  stallsFor(lab, third, Math.floor(8_000 * 0.85 ** 3))
  for (const height of range(4, 16).reverse()) other.saysBlock(longChain, height)
  assert.equal(lab.manager.download.tipHeight, 1_024)
  const fourth = fullPeer(lab, 5)
  fillWindow(lab, fourth, other)
  stallsFor(lab, fourth, 2_000)
})

test('a block from the stalling peer, or its notfound, ends the stall', () => {
  for (const answer of ['block', 'notfound'] as const) {
    const lab = labWithLongChain()
    const [other, staller] = [fullPeer(lab, 1), fullPeer(lab, 2)]
    fillWindow(lab, staller, other)
    lab.nowMs += 2_000
    if (answer === 'block') staller.saysBlock(longChain, 1)
    else staller.saysInventory('notfound', [longChain.hashes[1]])
    lab.nowMs += 1
    staller.pass()
    assert.equal(staller.disconnectReason, undefined, answer)
  }
})

test('nobody stalls while the window has room', () => {
  const lab = new PeerLab()
  const [slow, other] = [lab.synced(1, chain), lab.connected(2)]
  other.saysInventory('inv', [chain.hashes[500]])
  slow.pass()
  for (const height of other.askedInPass(chain)) other.saysBlock(chain, height)
  other.pass()
  lab.nowMs += 500_000
  slow.pass()
  assert.equal(slow.disconnectReason, undefined)
})

test('a requested block must come within 10 minutes, and 5 more per other downloading peer', () => {
  const minuteMs = 60_000
  for (const [others, timeoutMs] of [
    [0, 10 * minuteMs],
    [1, 15 * minuteMs],
    [3, 25 * minuteMs],
  ]) {
    const lab = new PeerLab()
    lab.connected(100) // downloads nothing: does not count
    const peer = lab.synced(1, chain)
    peer.pass()
    for (let id = 2; id < 2 + others; id++) lab.synced(id, chain).pass()
    lab.nowMs += timeoutMs
    peer.pass()
    assert.equal(peer.disconnectReason, undefined, `${others} others`)
    lab.nowMs += 1
    peer.pass()
    assert.match(peer.disconnectReason ?? '', /no requested block/)
  }
})

test('each block that comes gives the next one its full time', () => {
  const lab = new PeerLab()
  const peer = lab.synced(1, chain)
  peer.pass()
  for (const height of [1, 2, 3]) {
    lab.nowMs += 599_000
    peer.saysBlock(chain, height)
    peer.pass()
  }
  assert.equal(peer.disconnectReason, undefined)
})
