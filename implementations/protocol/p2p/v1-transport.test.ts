import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HEADER_SIZE, MAX_PROTOCOL_MESSAGE_LENGTH, REGTEST_MAGIC } from './constants.ts'
import { writeFrame, writeHeader } from './frame.ts'
import { MessageType } from './message-type.ts'
import { type MessageOutcome, TransportError, V1Transport } from './v1-transport.ts'

interface Message {
  type: MessageType
  payload: Uint8Array
}

interface Received {
  type: MessageType
  outcome: MessageOutcome
  payload: string
}

const knownType = fc.constantFrom(
  ...Object.values(MessageType).filter(type => type !== MessageType.unknown),
)
/** Mostly small, now and then one that is hashed piece by piece. */
const payload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 65_530, max: 70_000 }), fc.nat(255))
      .map(([length, byte]) => new Uint8Array(length).fill(byte)),
  },
)
const message = fc.record({ type: knownType, payload })
const messages = fc.array(message, { minLength: 1, maxLength: 6 })
const chunkLengths = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30_000 })),
  { minLength: 1, maxLength: 8 },
)

test('any messages, split anywhere, are delivered in order with the payload in place', () => {
  fc.assert(
    fc.property(messages, chunkLengths, fc.nat(50), (sent, lengths, moveTo) => {
      const { received, error } = receive(streamOf(sent), lengths, moveTo)
      assert.equal(error, 0)
      assert.deepEqual(received, sent.map(accepted))
    }),
  )
})

test('a changed payload byte drops that message and no other', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ type: knownType, payload: fc.uint8Array({ minLength: 1, maxLength: 99 }) }),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      fc.nat(),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      chunkLengths,
      (sent, which, where, flip, lengths) => {
        const damaged = which % sent.length
        const at = where % sent[damaged].payload.length
        const stream = streamOf(sent)
        stream[streamOf(sent.slice(0, damaged)).length + HEADER_SIZE + at] ^= flip
        const { received, error } = receive(stream, lengths, 0)
        assert.equal(error, 0)
        const expected: MessageOutcome[] = sent.map((_, i) =>
          i === damaged ? 'badChecksum' : 'accepted',
        )
        assert.deepEqual(
          received.map(({ outcome }) => outcome),
          expected,
        )
      },
    ),
  )
})

test('a changed checksum byte drops the message, also one that is hashed piece by piece', () => {
  for (const size of [0, 300, 200_000]) {
    for (let byte = 20; byte < HEADER_SIZE; byte++) {
      const stream = streamOf([ping(size)])
      stream[byte] ^= 0x80
      const { received, error } = receive(stream, [50_000], 0)
      assert.deepEqual([received.length, received[0].outcome, error], [1, 'badChecksum', 0])
    }
  }
})

test('a changed magic byte is an error as soon as the header is complete, and delivers nothing', () => {
  for (let byte = 0; byte < 4; byte++) {
    const stream = streamOf([ping(8)])
    stream[byte] ^= 1
    const transport = new V1Transport(REGTEST_MAGIC)
    assert.equal(transport.receivedBytes(stream, 0, 23), 23)
    assert.equal(transport.receivedBytes(stream, 23, 24), TransportError.wrongMagic)
    assert.equal(transport.complete, false)
  }
})

test('messages in front of one with a wrong magic are still delivered', () => {
  const sent = [ping(8), ping(20)]
  const stream = Buffer.concat([streamOf(sent), Buffer.alloc(HEADER_SIZE, 'GET / HTTP/1.1\r\n')])
  const { received, error } = receive(stream, [stream.length], 0)
  assert.deepEqual(received, sent.map(accepted))
  assert.equal(error, TransportError.wrongMagic)
})

test('the magic may be given unsigned', () => {
  const stream = streamOf([ping(8)])
  const transport = new V1Transport(REGTEST_MAGIC >>> 0)
  assert.equal(transport.receivedBytes(stream, 0, stream.length), stream.length)
  assert.equal(transport.outcome, 'accepted')
})

test('4,000,000 bytes of payload are accepted, in one piece and in chunks of 64 KiB', () => {
  const stream = streamOf([ping(MAX_PROTOCOL_MESSAGE_LENGTH)])
  for (const chunk of [stream.length, 0x10000]) {
    const transport = new V1Transport(REGTEST_MAGIC)
    for (let from = 0; from < stream.length; from += chunk) {
      const to = Math.min(from + chunk, stream.length)
      assert.equal(transport.receivedBytes(stream, from, to), to - from)
    }
    assert.equal(transport.complete, true)
    assert.equal(transport.outcome, 'accepted')
    assert.equal(transport.payloadLength, MAX_PROTOCOL_MESSAGE_LENGTH)
  }
})

test('a longer message is an error on the header alone', () => {
  for (const length of [MAX_PROTOCOL_MESSAGE_LENGTH + 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
    const header = Buffer.alloc(HEADER_SIZE)
    writeHeader(header, 0, REGTEST_MAGIC, MessageType.block, length, 0)
    const transport = new V1Transport(REGTEST_MAGIC)
    assert.equal(transport.receivedBytes(header, 0, HEADER_SIZE), TransportError.tooLong)
    assert.equal(transport.complete, false)
  }
})

test('a header split at any byte is completed later', () => {
  const sent = [ping(8)]
  const stream = streamOf(sent)
  for (let split = 1; split < stream.length; split++) {
    const { received, error } = receive(stream, [split, stream.length], 0)
    assert.deepEqual(received, sent.map(accepted), `split at ${split}`)
    assert.equal(error, 0)
  }
})

test('a long payload that arrives whole, but after its header, is accepted', () => {
  const sent = [ping(100_000)]
  const { received } = receive(streamOf(sent), [HEADER_SIZE, 100_000], 0)
  assert.deepEqual(received, sent.map(accepted))
})

test('one call consumes no more than one message', () => {
  const stream = streamOf([ping(8), ping(8)])
  const transport = new V1Transport(REGTEST_MAGIC)
  assert.equal(transport.receivedBytes(stream, 0, stream.length), HEADER_SIZE + 8)
  assert.equal(transport.complete, true)
})

test('an empty payload completes its message with the header', () => {
  const stream = streamOf([{ type: MessageType.verack, payload: new Uint8Array(0) }])
  assert.equal(stream.toString('hex', 20), '5df6e0e2')
  const { received } = receive(stream, [HEADER_SIZE], 0)
  assert.deepEqual(received, [{ type: MessageType.verack, outcome: 'accepted', payload: '' }])
})

test('a malformed type drops the message after its payload; an unknown one is delivered', () => {
  const stream = streamOf([ping(8), ping(8), ping(8)])
  stream[4 + 5] = 0x78 // "ping\0x"
  stream.write('pingpong', HEADER_SIZE + 8 + 4, 'latin1')
  const { received, error } = receive(stream, [7], 0)
  assert.equal(error, 0)
  assert.deepEqual(
    received.map(({ type, outcome }) => [type, outcome]),
    [
      [MessageType.unknown, 'malformedType'],
      [MessageType.unknown, 'accepted'],
      [MessageType.ping, 'accepted'],
    ],
  )
})

test('the checksum is judged before the type', () => {
  const stream = streamOf([ping(8)])
  stream[4 + 5] = 0x78
  stream[HEADER_SIZE] ^= 1
  assert.equal(receive(stream, [stream.length], 0).received[0].outcome, 'badChecksum')
})

test('consumedBytes and frameLength tell what to reserve for the current message', () => {
  const stream = streamOf([ping(100)])
  const transport = new V1Transport(REGTEST_MAGIC)
  transport.receivedBytes(stream, 0, 10)
  assert.deepEqual(
    [transport.consumedBytes, transport.frameLength, transport.payloadLength],
    [10, 0, 0],
  )
  transport.receivedBytes(stream, 10, 50)
  assert.deepEqual(
    [transport.consumedBytes, transport.frameLength, transport.payloadLength],
    [50, 124, 100],
  )
  transport.next()
  assert.deepEqual(
    [transport.consumedBytes, transport.frameLength, transport.payloadLength],
    [0, 0, 0],
  )
})

test('feeding a complete message before next is a bug and throws', () => {
  const stream = streamOf([ping(8), ping(8)])
  const transport = new V1Transport(REGTEST_MAGIC)
  const consumed = transport.receivedBytes(stream, 0, stream.length)
  assert.throws(
    () => transport.receivedBytes(stream, consumed, stream.length),
    /call next\(\) first/,
  )
})

/** Where the receive buffer starts in its memory, as one of many would. */
const MEMORY_OFFSET = 13

/**
 * Receives `stream` as a node does, into shared memory, chunk by chunk (the lengths are repeated).
 * After each chunk the incomplete message is moved to `moveTo`, and the rest is overwritten.
 */
function receive(stream: Uint8Array, lengths: readonly number[], moveTo: number) {
  const memory = new SharedArrayBuffer(MEMORY_OFFSET + moveTo + 2 * stream.length)
  const buffer = Buffer.from(memory, MEMORY_OFFSET)
  const transport = new V1Transport(REGTEST_MAGIC)
  const received: Received[] = []
  let from = moveTo
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const chunk = stream.subarray(at, at + lengths[turn % lengths.length])
    at += chunk.length
    buffer.set(chunk, from)
    const to = from + chunk.length
    while (from < to) {
      const consumed = transport.receivedBytes(buffer, from, to)
      if (consumed < 0) return { received, error: consumed }
      assert.ok(consumed > 0 && from + consumed <= to)
      from += consumed
      if (!transport.complete) continue
      const { type, outcome, payloadLength } = transport
      received.push({ type, outcome, payload: buffer.toString('hex', from - payloadLength, from) })
      transport.next()
    }
    buffer.copyWithin(moveTo, from - transport.consumedBytes, from)
    from = moveTo + transport.consumedBytes
    buffer.fill(0xee, from, to)
  }
  return { received, error: 0 }
}

function streamOf(sent: readonly Message[]): Buffer {
  const stream = Buffer.alloc(
    sent.reduce((total, each) => total + HEADER_SIZE + each.payload.length, 0),
  )
  let offset = 0
  for (const each of sent) {
    offset += writeFrame(stream, offset, REGTEST_MAGIC, each.type, each.payload)
  }
  return stream
}

function accepted(sent: Message): Received {
  return {
    type: sent.type,
    outcome: 'accepted',
    payload: Buffer.from(sent.payload).toString('hex'),
  }
}

function ping(size: number): Message {
  return { type: MessageType.ping, payload: new Uint8Array(size).fill(7) }
}
