import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SV2_HEADER_SIZE, writeFrame } from './frame.ts'
import { SV2_TOO_LONG, Sv2Transport } from './sv2-transport.ts'

const MAX_PAYLOAD_LENGTH = 0x0102

interface Message {
  extensionType: number
  messageType: number
  payload: string
}

const message: fc.Arbitrary<Message> = fc.record(
  {
    extensionType: fc.nat(0xffff),
    messageType: fc.nat(0xff),
    payload: fc
      .uint8Array({ maxLength: MAX_PAYLOAD_LENGTH, size: 'max' })
      .map(bytes => Buffer.from(bytes).toString('hex')),
  },
  { noNullPrototype: true },
)

test('any messages, split anywhere, are delivered whole and in order', () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
      (sent, chunkLengths) => {
        assert.deepEqual(receive(streamOf(sent), chunkLengths), sent)
      },
    ),
  )
})

test('bytes that come one by one make the same messages', () => {
  const sent = [
    { extensionType: 0, messageType: 0x71, payload: 'aabbcc' },
    { extensionType: 0x8002, messageType: 0xf0, payload: '' },
    { extensionType: 0, messageType: 0xf1, payload: '01' },
  ]
  assert.deepEqual(receive(streamOf(sent), [1]), sent)
})

test('the longest message is taken, one byte more is an error at the header', () => {
  const longest = Buffer.from('0000f0020100', 'hex')
  assert.equal(new Sv2Transport(MAX_PAYLOAD_LENGTH).receivedBytes(longest, 0, 6), 6)
  for (const tooLong of ['0000f0030100', '0000f0000001']) {
    const header = Buffer.from(tooLong, 'hex')
    assert.equal(
      new Sv2Transport(MAX_PAYLOAD_LENGTH).receivedBytes(header, 0, SV2_HEADER_SIZE),
      SV2_TOO_LONG,
    )
  }
})

test('a complete message stays until next, which is asked for', () => {
  const transport = new Sv2Transport(1)
  const stream = streamOf([{ extensionType: 0, messageType: 7, payload: '' }])
  assert.equal(transport.receivedBytes(stream, 0, 6), 6)
  assert.ok(transport.complete)
  assert.throws(() => transport.receivedBytes(stream, 0, 6), /call next\(\) first/)
  transport.next()
  assert.ok(!transport.complete)
  assert.equal(transport.receivedBytes(stream, 0, 6), 6)
})

test('next drops an incomplete message', () => {
  const transport = new Sv2Transport(8)
  const stream = streamOf([{ extensionType: 0, messageType: 7, payload: '0102030405' }])
  for (const end of [3, 8]) {
    assert.equal(transport.receivedBytes(stream, 0, end), end)
    transport.next()
  }
  assert.equal(transport.receivedBytes(stream, 0, stream.length), stream.length)
  assert.equal(Buffer.from(transport.payload).toString('hex'), '0102030405')
})

function streamOf(messages: Message[]): Uint8Array {
  return Buffer.concat(
    messages.map(({ extensionType, messageType, payload }) => {
      const frame = new Uint8Array(SV2_HEADER_SIZE + payload.length / 2)
      writeFrame(frame, 0, extensionType, messageType, Buffer.from(payload, 'hex'))
      return frame
    }),
  )
}

/** Chunk by chunk, the lengths taken in turn, each in memory that is overwritten by the next. */
function receive(stream: Uint8Array, chunkLengths: number[]): Message[] {
  const transport = new Sv2Transport(MAX_PAYLOAD_LENGTH)
  const received: Message[] = []
  const chunk = new Uint8Array(Math.max(...chunkLengths) + 1)
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const length = Math.min(chunkLengths[turn % chunkLengths.length], stream.length - at)
    chunk.fill(0xee).set(stream.subarray(at, at + length), 1)
    for (let from = 1; from < 1 + length; ) {
      const consumed = transport.receivedBytes(chunk, from, 1 + length)
      assert.ok(consumed > 0)
      from += consumed
      if (!transport.complete) continue
      const { extensionType, messageType } = transport
      const payload = Buffer.from(transport.payload).toString('hex')
      received.push({ extensionType, messageType, payload })
      transport.next()
    }
    at += length
  }
  return received
}
