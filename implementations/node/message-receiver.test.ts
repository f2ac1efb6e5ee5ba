import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REGTEST_MAGIC } from '../protocol/p2p/constants.ts'
import { writeFrame } from '../protocol/p2p/frame.ts'
import { MessageType } from '../protocol/p2p/message-type.ts'
import { ReceiveQueue, receiveQueueBytes } from '../threads/receive-queue.ts'
import { MessageReceiver } from './message-receiver.ts'

interface Message {
  type: number
  payload: string
}

function frame(type: MessageType, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(24 + payload.length)
  writeFrame(bytes, 0, REGTEST_MAGIC, type, payload)
  return bytes
}

/** One connection that is sent pieces of a stream. */
function connection() {
  const queue = new ReceiveQueue(new SharedArrayBuffer(receiveQueueBytes), 0)
  const receiver = new MessageReceiver(queue)
  return {
    /** @returns false when the peer must be disconnected */
    receive(piece: Uint8Array): boolean {
      const room = queue.reserve()
      room.set(piece)
      const followed = receiver.receiveMsgBytes(room.subarray(0, piece.length))
      queue.publish()
      return followed
    },
    messages(): Message[] {
      const messages: Message[] = []
      while (queue.take()) {
        const { type, payloadOffset, payloadLength, bytes } = queue
        const payload = Buffer.from(bytes.subarray(payloadOffset, payloadOffset + payloadLength))
        messages.push({ type, payload: payload.toString('hex') })
        queue.release()
      }
      return messages
    },
    get roomBytes(): number {
      return queue.reserve().length
    },
    get completed(): number {
      return receiver.completed
    },
  }
}

const ping = frame(MessageType.ping, Buffer.from('0102030405060708', 'hex'))
const verack = frame(MessageType.verack, new Uint8Array(0))
const pingMessage = { type: MessageType.ping, payload: '0102030405060708' }
const verackMessage = { type: MessageType.verack, payload: '' }

test('messages split at any byte are delivered whole', () => {
  const stream = Buffer.concat([ping, verack, ping])
  for (let at = 0; at <= stream.length; at++) {
    const peer = connection()
    for (const piece of [stream.subarray(0, at), stream.subarray(at)]) {
      if (piece.length > 0) assert.equal(peer.receive(piece), true)
    }
    assert.deepEqual(peer.messages(), [pingMessage, verackMessage, pingMessage], `split at ${at}`)
  }
})

test('byte by byte, each message is delivered with its last byte', () => {
  const peer = connection()
  const stream = Buffer.concat([ping, verack])
  const completedAt: number[] = []
  for (let i = 0; i < stream.length; i++) {
    peer.receive(stream.subarray(i, i + 1))
    if (peer.completed > 0) completedAt.push(i + 1)
  }
  assert.deepEqual(completedAt, [ping.length, stream.length])
  assert.deepEqual(peer.messages(), [pingMessage, verackMessage])
})

test('a message with a bad checksum or a malformed type is dropped and the rest delivered', () => {
  const badChecksum = Buffer.from(ping)
  badChecksum[20] ^= 1
  const malformedType = Buffer.from(ping)
  malformedType[15] = 1
  const peer = connection()
  assert.equal(peer.receive(Buffer.concat([ping, badChecksum, malformedType, verack])), true)
  assert.equal(peer.completed, 2)
  assert.deepEqual(peer.messages(), [pingMessage, verackMessage])
})

test('wrong magic ends the connection; what came before is delivered', () => {
  const wrongMagic = Buffer.from(ping)
  wrongMagic[0] ^= 1
  const peer = connection()
  assert.equal(peer.receive(Buffer.concat([verack, wrongMagic])), false)
  assert.equal(peer.completed, 1)
  assert.deepEqual(peer.messages(), [verackMessage])
})

test('a length of 4,000,001 ends the connection on the header, 4,000,000 does not', () => {
  for (const [length, followed] of [
    [4_000_000, true],
    [4_000_001, false],
  ] as const) {
    const header = Buffer.from(ping.subarray(0, 24))
    header.writeUInt32LE(length, 16)
    assert.equal(connection().receive(header), followed, String(length))
  }
})

test('a message of many pieces is delivered with its bytes, and the one behind it too', () => {
  const payload = Buffer.alloc(1_000_000, 'some bytes of a block')
  const stream = Buffer.concat([frame(MessageType.block, payload), ping])
  const peer = connection()
  for (let from = 0; from < stream.length; from += 0x10000) {
    assert.equal(peer.receive(stream.subarray(from, from + 0x10000)), true)
  }
  assert.deepEqual(peer.messages(), [
    { type: MessageType.block, payload: payload.toString('hex') },
    pingMessage,
  ])
})

test('the header of a message tells how much room it needs', () => {
  const huge = frame(MessageType.block, Buffer.alloc(4_000_000))
  const roomBehind = (lastHeader: Buffer) => {
    const peer = connection()
    for (let i = 0; i < 4; i++) {
      for (let from = 0; from < huge.length; from += 0x10000) {
        peer.receive(huge.subarray(from, from + 0x10000))
      }
    }
    peer.receive(lastHeader)
    return peer.roomBytes
  }
  assert.equal(roomBehind(ping.subarray(0, 24)), 0x10000)
  assert.equal(roomBehind(huge.subarray(0, 24)), 0, 'a fifth has no room')
})
