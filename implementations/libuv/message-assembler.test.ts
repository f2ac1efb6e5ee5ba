import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frameOf } from '../node/fixtures/tcp-peer.ts'
import { MAX_PROTOCOL_MESSAGE_LENGTH } from '../protocol/p2p/constants.ts'
import { MessageType } from '../protocol/p2p/message-type.ts'
import { MessageAssembler } from './message-assembler.ts'

interface Delivered {
  type: MessageType
  payload: string
}

function receive(assembler: MessageAssembler, data: Uint8Array, into: Delivered[]): boolean {
  return assembler.receive(data, (type, bytes, from, to) =>
    into.push({ type, payload: Buffer.from(bytes.subarray(from, to)).toString('latin1') }),
  )
}

const sent: Delivered[] = [
  { type: MessageType.ping, payload: '12345678' },
  { type: MessageType.verack, payload: '' },
  { type: MessageType.block, payload: 'b'.repeat(300) },
  { type: MessageType.verack, payload: '' },
  { type: MessageType.block, payload: 'c'.repeat(200) },
]
const stream = Buffer.concat(
  sent.map(({ type, payload }) => frameOf(type, Buffer.from(payload, 'latin1'))),
)

test('messages are delivered whole and in order, whatever the chunks', () => {
  for (let chunkBytes = 1; chunkBytes <= stream.length; chunkBytes++) {
    const assembler = new MessageAssembler()
    const delivered: Delivered[] = []
    for (let at = 0; at < stream.length; at += chunkBytes) {
      assert.ok(receive(assembler, stream.subarray(at, at + chunkBytes), delivered))
    }
    assert.deepEqual(delivered, sent)
  }
})

test('a message that is whole in a chunk is delivered where it lies', () => {
  new MessageAssembler().receive(stream, (_, bytes) => assert.equal(bytes, stream))
})

test('a bad checksum loses that message alone, whole or in pieces', () => {
  const damaged = Buffer.from(stream)
  damaged[24] ^= 1 // in the payload of the first
  for (const at of [damaged.length, 10, 28]) {
    const assembler = new MessageAssembler()
    const delivered: Delivered[] = []
    assert.ok(receive(assembler, damaged.subarray(0, at), delivered))
    assert.ok(receive(assembler, damaged.subarray(at), delivered))
    assert.deepEqual(delivered, sent.slice(1))
  }
})

test('wrong magic, or a message that is too long, cannot be followed; what came before is delivered', () => {
  const wrongMagic = Buffer.from(frameOf(MessageType.ping, Buffer.alloc(8)))
  wrongMagic[3] ^= 1
  const tooLong = Buffer.from(frameOf(MessageType.block, Buffer.alloc(0)))
  tooLong.writeUInt32LE(MAX_PROTOCOL_MESSAGE_LENGTH + 1, 16)
  for (const [frame, failure] of [
    [wrongMagic, 'sent what is no message: wrong magic'],
    [tooLong, 'announced a message above 4,000,000 bytes'],
  ] as const) {
    for (const at of [0, stream.length + 5]) {
      const assembler = new MessageAssembler()
      const delivered: Delivered[] = []
      const bytes = Buffer.concat([stream, frame])
      receive(assembler, bytes.subarray(0, at), delivered)
      assert.equal(receive(assembler, bytes.subarray(at), delivered), false)
      assert.equal(assembler.failure, failure)
      assert.deepEqual(delivered, sent)
    }
  }
})
