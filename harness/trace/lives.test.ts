import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageType } from '../../implementations/protocol/p2p/message-type.ts'
import { UNNUMBERED } from '../../implementations/threads/message-points.ts'
import { TraceCode, TraceRing } from '../../implementations/trace/trace-ring.ts'
import { RecordedThreads } from './fixtures/recorded-threads.ts'
import { type Life, livesIn } from './lives.ts'
import { lifeName } from './message-names.ts'
import { stagesOf } from './stages.ts'

/** Stage by stage, in ns; those that take no time left out. */
function stagesIn(life: Life): Record<string, number> {
  const stages = stagesOf(life).map(({ stage, fromNs, toNs }) => [stage, toNs - fromNs] as const)
  return Object.fromEntries(stages.filter(([, ns]) => ns > 0))
}

test('a message and its reply pass every stage, one after the other', () => {
  const threads = new RecordedThreads('p2p')
  threads.received(100, 3, 50)
  const number = threads.complete(120, 3, 50, 0)
  threads.published(121, 3)
  threads.handled([200, 230, 260], 3, number, 40, 40)
  threads.sent('handler', 240, 3, 40, 0)
  const { finished, underWay, cutOff, beganBefore } = livesIn(threads.recordings(1_000))
  assert.equal(finished.length, 1)
  assert.deepEqual(stagesIn(finished[0]), {
    'waiting for recv': 1,
    recv: 5,
    parsing: 14,
    publishing: 1,
    'waiting for the handler': 79,
    handling: 30,
    'waiting for send': 10,
    send: 5,
  })
  assert.deepEqual([underWay, cutOff, beganBefore], [0, 0, 0])
})

test('of a message in several recvs, arriving goes from the poll of its first byte to that of its last', () => {
  const threads = new RecordedThreads('p2p')
  threads.received(100, 3, 30)
  threads.received(400, 3, 20)
  threads.received(900, 3, 10)
  const number = threads.complete(920, 3, 55, 5)
  threads.published(921, 3)
  threads.handled([930, 940, 950], 3, number, 8, 8)
  threads.sent('handler', 960, 3, 8, 0)
  const [life] = livesIn(threads.recordings(2_000)).finished
  assert.equal(stagesIn(life).arriving, 800)
})

test('several messages of one recv share its moments, and each waits for its own turn', () => {
  const threads = new RecordedThreads('p2p')
  threads.received(100, 3, 60)
  const numbers = [threads.complete(110, 3, 30, 30), threads.complete(115, 3, 30, 0)]
  threads.published(120, 3)
  threads.handled([130, 140, 150], 3, numbers[0], 8, 8)
  threads.handled([160, 170, 180], 3, numbers[1], 8, 16)
  const together = livesIn(threads.recordings(1_000))
  assert.deepEqual([together.finished.length, together.underWay], [0, 2])
})

test('several messages of one send are sent when it returns', () => {
  const threads = new RecordedThreads('p2p')
  threads.received(100, 3, 60)
  const numbers = [threads.complete(110, 3, 30, 30), threads.complete(115, 3, 30, 0)]
  threads.published(120, 3)
  threads.handled([130, 140, 150], 3, numbers[0], 8, 8)
  threads.handled([160, 170, 180], 3, numbers[1], 8, 16)
  threads.sent('net', 300, 3, 16, 0)
  const { finished } = livesIn(threads.recordings(1_000))
  assert.deepEqual(
    finished.map(life => [stagesIn(life)['waiting for send'], life.sends]),
    [
      [160, 1],
      [130, 1],
    ],
  )
})

test('what a partial send leaves waits for the rest, and every send is counted', () => {
  const threads = new RecordedThreads('http')
  threads.received(100, 3, 50)
  threads.complete(120, 3, 0, 0)
  threads.published(121, 3)
  threads.handled([200, 230, 231], 3, UNNUMBERED, 90, 90)
  threads.sent('handler', 240, 3, 30, 60)
  threads.sent('net', 50_000, 3, 20, 40)
  threads.sent('net', 50_100, 3, 40, 0)
  const [life] = livesIn(threads.recordings(100_000)).finished
  assert.equal(stagesIn(life)['waiting for the rest'], 50_105 - 245)
  assert.equal(life.sends, 3)
})

test('bytes that were queued before the window delay a reply, and are no message', () => {
  const threads = new RecordedThreads('push')
  threads.event('handler', 'intended_message', 110, 3, 0, 100)
  threads.event('handler', 'outbound_message', 120, 3, 1, 32, 100)
  threads.sent('net', 200, 3, 60, 40)
  threads.sent('net', 300, 3, 40, 0)
  const { finished, underWay } = livesIn(threads.recordings(1_000))
  assert.deepEqual([finished.length, underWay], [1, 0])
  assert.deepEqual(stagesIn(finished[0]), {
    'waiting for the source': 10,
    handling: 10,
    // The first send ended 8 bytes before its first byte.
    'waiting for send': 180,
    send: 5,
  })
})

test('of a connection that closes, no stage is invented: what was not finished is counted apart', () => {
  const threads = new RecordedThreads('p2p')
  threads.received(100, 3, 50)
  threads.complete(120, 3, 50, 0)
  threads.published(121, 3)
  threads.event('net', 'closed_connection', 130, 3)
  threads.received(200, 4, 50)
  const number = threads.complete(220, 4, 50, 0)
  threads.published(221, 4)
  threads.handled([300, 310, 320], 4, number, 8, 8)
  threads.event('net', 'closed_connection', 330, 4)
  const { finished, underWay, cutOff } = livesIn(threads.recordings(1_000))
  assert.deepEqual([finished.length, underWay, cutOff], [0, 0, 2])
})

test('a message that began before every thread recorded is no life', () => {
  const threads = new RecordedThreads('p2p')
  threads.event('net', 'received_bytes', 5, 3, 20)
  const number = threads.complete(10, 3, 50, 0)
  threads.published(11, 3)
  threads.handled([300, 310, 320], 3, number, 8, 8)
  threads.sent('net', 400, 3, 8, 0)
  const { finished, beganBefore } = livesIn(threads.recordings(1_000))
  assert.deepEqual([finished.length, beganBefore], [0, 1])
})

test('a request that no handler takes is counted as refused', () => {
  const threads = new RecordedThreads('http')
  threads.received(100, 3, 50)
  threads.complete(120, 3, 0, 0)
  threads.published(121, 3)
  threads.event('net', 'outbound_message', 130, 3, 503, 90, 90)
  threads.sent('net', 140, 3, 90, 0)
  const { finished, refused } = livesIn(threads.recordings(1_000))
  assert.deepEqual([finished.map(lifeName), refused], [['reply 503'], 1])
})

test('what SendMessages queues belongs to the message of its turn, and to no other', () => {
  const threads = new RecordedThreads('p2p')
  threads.received(100, 3, 50)
  const number = threads.complete(120, 3, 50, 0, MessageType.block)
  threads.published(121, 3)
  threads.event('handler', 'inbound_message', 200, 3, number)
  threads.event('handler', 'handled_message', 210, 3, number)
  threads.event('handler', 'send_messages_returned', 220, 3)
  threads.event('handler', 'outbound_message', 5_000, 3, MessageType.ping, 8, 8)
  threads.sent('handler', 5_010, 3, 8, 0)
  const { finished } = livesIn(threads.recordings(10_000))
  assert.deepEqual(finished.map(lifeName), ['block', 'ping'])
  assert.equal(stagesIn(finished[0]).handling, 10)
})

test('a wallet’s request and the reply to it are one life, away in between', () => {
  const threads = new RecordedThreads('outbound-http')
  threads.event('handler', 'outbound_message', 100, 3, 0, 50, 50)
  threads.sent('handler', 110, 3, 50, 0)
  threads.received(50_000, 3, 80)
  threads.complete(50_020, 3, 0, 0)
  threads.published(50_021, 3)
  threads.event('net', 'closed_connection', 50_022, 3)
  threads.event('handler', 'inbound_message', 50_100, 3, UNNUMBERED, 200)
  threads.event('handler', 'handled_message', 50_110, 3, UNNUMBERED)
  const { finished, cutOff } = livesIn(threads.recordings(60_000))
  assert.deepEqual([finished.map(lifeName), cutOff], [['request → reply'], 0])
  assert.equal(stagesIn(finished[0]).away, 50_000 - 115)
})

test('a reply to a request that was sent before the window began before it, too', () => {
  const threads = new RecordedThreads('outbound-http')
  threads.received(100, 3, 80)
  threads.complete(120, 3, 0, 0)
  threads.published(121, 3)
  threads.event('handler', 'inbound_message', 140, 3, UNNUMBERED, 200)
  threads.event('handler', 'handled_message', 150, 3, UNNUMBERED)
  const { finished, beganBefore } = livesIn(threads.recordings(1_000))
  assert.deepEqual([finished.length, beganBefore], [0, 1])
})

test('a reply that overtakes the news of its request makes no negative stage', () => {
  const threads = new RecordedThreads('outbound-http')
  threads.event('handler', 'outbound_message', 100, 3, 0, 50, 50)
  threads.sent('handler', 110, 3, 50, 0)
  threads.received(112, 3, 80)
  threads.complete(130, 3, 0, 0)
  threads.published(131, 3)
  threads.event('handler', 'inbound_message', 140, 3, UNNUMBERED, 200)
  threads.event('handler', 'handled_message', 150, 3, UNNUMBERED)
  const { finished } = livesIn(threads.recordings(1_000))
  const stages = stagesOf(finished[0])
  assert.ok(stages.every(({ fromNs, toNs }) => toNs >= fromNs))
})

test('a pipelined request waits for its turn, until the loop goes on with it', () => {
  const threads = new RecordedThreads('http')
  threads.received(100, 3, 100)
  threads.complete(120, 3, 0, 50)
  threads.published(121, 3)
  threads.handled([130, 140, 141], 3, UNNUMBERED, 90, 90)
  threads.sent('handler', 145, 3, 90, 0)
  threads.complete(50_000, 3, 0, 0)
  threads.published(50_001, 3)
  threads.handled([50_010, 50_020, 50_021], 3, UNNUMBERED, 90, 90)
  threads.sent('handler', 50_030, 3, 90, 0)
  const { finished } = livesIn(threads.recordings(60_000))
  assert.deepEqual(
    finished.map(life => [stagesIn(life).parsing, stagesIn(life)['waiting for its turn']]),
    [
      [14, undefined],
      [undefined, 50_000 - 106],
    ],
  )
})

test('the window ends for all threads where the first has no room or stops', () => {
  const threads = new RecordedThreads('p2p')
  threads.received(100, 3, 50)
  const number = threads.complete(120, 3, 50, 0)
  threads.published(121, 3)
  threads.handled([200, 230, 260], 3, number, 40, 40)
  threads.sent('handler', 240, 3, 40, 0)
  const [net, handler] = threads.recordings(1_000)
  const { finished, underWay } = livesIn([{ ...net, endedNs: 220 }, handler])
  assert.deepEqual([finished.length, underWay], [0, 1])
})

test('a full ring drops what comes, counts it, and ends the window there', () => {
  const ring = TraceRing.create(3)
  ring.start(0)
  for (let i = 1; i <= 5; i++) ring.append(TraceCode.poll, 10 * i, 0, -1)
  ring.stop(100)
  const { words, ...rest } = ring.read()
  assert.deepEqual(rest, { startedNs: 0, endedNs: 40, dropped: 2 })
  assert.equal(words.length, 3 * 8)
  const { window, dropped } = livesIn([{ thread: 'b-net', words, ...rest }])
  assert.deepEqual([window, dropped], [{ startNs: 0, endNs: 40 }, 2])
})

test('the stages of every life add up to the whole of it', () => {
  const threads = new RecordedThreads('p2p')
  for (let i = 0; i < 20; i++) {
    const atNs = 1_000 * i + 100
    threads.received(atNs, 3, 50)
    const number = threads.complete(atNs + 20 + i, 3, 50, 0)
    threads.published(atNs + 60, 3)
    threads.handled([atNs + 200, atNs + 230 + i, atNs + 260], 3, number, 40, 40)
    threads.sent('handler', atNs + 300, 3, 40, 0)
  }
  const { finished } = livesIn(threads.recordings(30_000))
  assert.equal(finished.length, 20)
  for (const life of finished) {
    const sum = stagesOf(life).reduce((total, { fromNs, toNs }) => total + toNs - fromNs, 0)
    assert.equal(sum, 305)
  }
})
