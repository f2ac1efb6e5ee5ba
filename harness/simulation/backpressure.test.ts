import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { EAGAIN } from '../../implementations/sock/errno.ts'
import { ConnectionMemory } from '../../implementations/threads/connection-memory.ts'
import { repliesIn } from '../behaviour/http-replies.ts'
import { plainRequest } from '../behaviour/http-requests.ts'
import { ping, unknownMessage } from '../behaviour/p2p-messages.ts'
import { nonceInHex, pongsIn } from '../behaviour/p2p-messages-in.ts'
import { simulatedBackends } from './differential.ts'
import { httpOptions, onStage, p2pOptions, readAll, type Stage } from './fixtures/stage.ts'

const { path: chainFile } = testChainFile()
const HEADER_BYTES = 24
const PING_BYTES = HEADER_BYTES + 8
/** Core's `-maxreceivebuffer`; a queued message counts so much besides its bytes. */
const FLOOD_BYTES = 5_000_000
const OVERHEAD_BYTES = 128
/** Of one receive, at most. */
const RECV_BYTES = 0x10000
/** Core's `-maxsendbuffer`. */
const SEND_BUFFER_BYTES = 1_000_000

for (const backend of simulatedBackends) {
  test(`${backend.name}, P2P: what is queued is sent before anything is received`, () => {
    const pipeBytes = 1_000
    onStage(backend, p2pOptions, pipeBytes, stage => {
      const peer = stage.shakeHands()
      const step = () => {
        stage.iterate()
        return stage.calls('connection 0')
      }
      // 62 pongs, of which 1,000 bytes fit into the pipe.
      peer.say(pings(1, 31))
      stage.cycle()
      peer.say(pings(32, 62))
      stage.cycle()
      assert.deepEqual(step(), ['polled for RECV and SEND'])

      peer.read(100)
      peer.say(ping(63n))
      assert.deepEqual(step(), ['send 100'], 'some was sent and some is left: no receive')
      assert.deepEqual(step(), ['recv 32'], 'nothing can be sent')

      peer.read(100)
      peer.say(ping(64n))
      stage.failNextSend(EAGAIN)
      assert.deepEqual(step(), ['send EAGAIN', 'recv 32'], 'nothing could be sent')

      readAll(peer)
      peer.say(ping(65n))
      assert.deepEqual(step(), ['send 884', 'recv 32'], 'all was sent')
      assert.deepEqual(step(), ['polled for RECV'])

      for (let i = 0; i < 3; i++) {
        stage.cycle()
        readAll(peer)
      }
      assert.deepEqual(pongsIn(peer.received), nonces(1, 65))
    })
  })

  test(`${backend.name}, HTTP: replies are sent before more requests are received`, () => {
    const pipeBytes = 300
    const received = `recv ${plainRequest.bytes.length}`
    onStage(backend, httpOptions(chainFile), pipeBytes, stage => {
      const client = stage.connectPeer()
      const step = () => {
        stage.iterate()
        return stage.calls('connection 0')
      }
      step()
      client.say(Buffer.concat([plainRequest.bytes, plainRequest.bytes, plainRequest.bytes]))
      for (let i = 0; i < 4; i++) stage.cycle()

      client.read(100)
      client.say(plainRequest.bytes)
      assert.deepEqual(step(), ['send 100'], 'some was sent and some is left: no receive')
      assert.deepEqual(step(), [received], 'nothing can be sent')

      client.read(100)
      client.say(plainRequest.bytes)
      stage.failNextSend(EAGAIN)
      assert.deepEqual(step(), ['send EAGAIN', received], 'nothing could be sent')

      for (let i = 0; i < 20; i++) {
        readAll(client)
        stage.cycle()
      }
      const statuses = repliesIn(client.received).map(({ status }) => status)
      assert.deepEqual(statuses, [200, 200, 200, 200, 200])
    })
  })

  test(`${backend.name}: above 5 MB queued nothing is received, until a message is taken`, () => {
    const pipeBytes = 2 * FLOOD_BYTES
    onStage(backend, p2pOptions, pipeBytes, stage => {
      const [peer, other] = [stage.shakeHands(), stage.shakeHands()]
      const step = () => {
        stage.iterate()
        return stage.calls('connection 0')
      }
      peer.say(Buffer.concat([ping(1n), ...Array.from({ length: 4 }, () => message(1_000_000))]))
      peer.say(message(FLOOD_BYTES - 4_000_000 - counted(ping(1n))))
      for (let i = 0; i < FLOOD_BYTES / RECV_BYTES; i++) stage.iterate()
      peer.say(ping(2n))
      assert.deepEqual(step(), ['recv 32'], 'at 5,000,000 it is received from')
      assert.deepEqual(step(), ['polled for nothing'])

      peer.say(ping(3n))
      other.say(ping(4n))
      assert.deepEqual(step(), [])
      assert.deepEqual(stage.calls('connection 1'), ['recv 32'], 'as others are')
      assert.deepEqual(step(), [])

      stage.service.pass()
      assert.deepEqual(step(), ['polled for RECV', 'recv 32'], 'at 5,000,000 again')
      assert.deepEqual(step(), ['polled for nothing'])

      stage.handle()
      assert.deepEqual(step(), ['polled for RECV'])
      readAll(peer)
      assert.deepEqual(pongsIn(peer.received), nonces(1, 3))
    })
  })

  test(`${backend.name}: above 1 MB to send, no message of that peer is taken`, () => {
    const pipeBytes = 1_000 * PING_BYTES
    const count = 40_000
    onStage(backend, p2pOptions, pipeBytes, stage => {
      const [slow, other] = [stage.shakeHands(), stage.shakeHands()]
      slow.say(pings(1, count))
      stage.settle(() => slow.send(pipeBytes))
      assert.equal(slow.hasSentAll, true)
      assert.equal(queuedToSend(stage), SEND_BUFFER_BYTES + PING_BYTES)

      other.say(ping(1n))
      stage.cycle()
      readAll(other)
      assert.deepEqual(pongsIn(other.received), nonces(1, 1), 'others are answered')

      slow.read(PING_BYTES)
      stage.iterate()
      assert.equal(queuedToSend(stage), SEND_BUFFER_BYTES)
      stage.handle()
      assert.equal(queuedToSend(stage), SEND_BUFFER_BYTES + PING_BYTES, 'one more')

      stage.settle(() => readAll(slow))
      assert.deepEqual(pongsIn(slow.received), nonces(1, count))
    })
  })
}

function pings(from: number, to: number): Buffer {
  return Buffer.concat(numbers(from, to).map(ping))
}

function nonces(from: number, to: number): string[] {
  return numbers(from, to).map(nonceInHex)
}

function numbers(from: number, to: number): bigint[] {
  return Array.from({ length: to - from + 1 }, (_, i) => BigInt(from + i))
}

/** One that counts so much when it is queued. */
function message(countedBytes: number): Buffer {
  return unknownMessage(countedBytes - OVERHEAD_BYTES - HEADER_BYTES)
}

function counted(bytes: Uint8Array): number {
  return bytes.length + OVERHEAD_BYTES
}

/** To the peer that was accepted first. */
function queuedToSend(stage: Stage): number {
  return new ConnectionMemory(stage.service.announced[0].buffer).sending.lengthBytes
}
