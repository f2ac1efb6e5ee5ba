import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { backends } from '../../implementations/registry.ts'
import { ping, verack, version } from '../behaviour/p2p-messages.ts'
import { messagesIn, type P2pMessage } from '../behaviour/p2p-messages-in.ts'
import { conformFairness } from './fairness.ts'
import { fakeServer } from './fixtures/fake-server.ts'
import { withServer } from './local-server.ts'

const bounded = { timeout: 120_000 }
/** By order alone: how long it takes is the machine's affair. `sockbench conform` sends ten times as much. */
const flood = { messages: 8, limitMs: Number.POSITIVE_INFINITY }

for (const { name, protocols } of backends) {
  if (protocols.p2p === undefined) continue
  test(`${name}: while a peer sends 32 MB of junk, another is answered`, bounded, async t => {
    const { problem, conversation } = await withServer(name, 'p2p', '', at =>
      conformFairness(at, flood),
    )
    t.diagnostic(conversation)
    assert.equal(problem, undefined, conversation)
  })
}

test('a node that lets others wait for the end of the junk is found out', bounded, async t => {
  const address = await listenUnfairly(t, 'at the end')
  const { problem, conversation } = await conformFairness(address, flood)
  assert.equal(problem, 'another peer has to wait for the end of the junk', conversation)
})

test('so is one that answers others late', bounded, async t => {
  const address = await listenUnfairly(t, 'never')
  const { problem, conversation } = await conformFairness(address, { ...flood, limitMs: 0 })
  assert.equal(problem, "another peer's ping was answered too late", conversation)
})

test('a node that closes every connection is one, too', bounded, async t => {
  const address = await fakeServer(t, socket => socket.destroy())
  const { problem } = await conformFairness(address, flood)
  assert.equal(problem, 'closed the connection in the handshake')
})

/** Answers one ping of those who send no junk, and the others when all the junk is through, or at once. */
function listenUnfairly(t: TestContext, otherWaits: 'at the end' | 'never') {
  const waiting: (() => void)[] = []
  let junkMessages = 0
  let answeredAmid = 0
  return fakeServer(t, socket => {
    let sendsJunk = false
    onMessages(socket, ({ type, payload }) => {
      if (type === 'version') socket.write(Buffer.concat([version, verack]))
      if (type === 'xing') {
        sendsJunk = true
        junkMessages++
      }
      if (type !== 'ping') return
      const answer = () => socket.write(pongTo(payload))
      const isAmid = junkMessages > 0 && junkMessages < flood.messages
      const mustWait = otherWaits === 'at the end' && isAmid && !sendsJunk
      if (!mustWait || answeredAmid++ === 0) answer()
      else waiting.push(answer)
      if (!isAmid) for (const late of waiting.splice(0)) late()
    })
  })
}

function onMessages(socket: Socket, handle: (message: P2pMessage) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    for (const message of messagesIn(rest)) {
      rest = rest.subarray(HEADER_BYTES + message.payload.length)
      handle(message)
    }
  })
}

function pongTo(payload: Buffer): Buffer {
  const pong = ping(payload.readBigUInt64LE())
  pong.write('pong', TYPE_AT, 'latin1')
  return pong
}

const HEADER_BYTES = 24
const TYPE_AT = 4
