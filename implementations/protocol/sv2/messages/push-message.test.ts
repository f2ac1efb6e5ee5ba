import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Malformed } from '../../p2p/malformed.ts'
import { SV2_HEADER_SIZE } from '../frame.ts'
import { decodeNewTemplate } from './new-template.ts'
import { type PushKind, PushMessage } from './push-message.ts'

const kinds: PushKind[] = ['probe', 'new-template']
/** Offset of the sequence number and of both times, 16 bytes. */
const offsets = { probe: [0, 4], 'new-template': [0, 8 + 1 + 4 + 4 + 5 + 4 + 8 + 4 + 2 + 15] }

test('any stamps are received as they were sent, and nothing else differs', () => {
  const time = fc.maxSafeNat()
  for (const kind of kinds) {
    const sent = new PushMessage(kind)
    const received = new PushMessage(kind)
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), time, time, (sequence, intendedNs, pushedNs) => {
        sent.stamp(sequence, intendedNs, pushedNs)
        assert.ok(received.receive(sent.messageType, sent.payload))
        assert.deepEqual(
          [received.sequence, received.intendedNs, received.pushedNs],
          [sequence, intendedNs, pushedNs],
        )
      }),
    )
  }
})

test('a changed byte is a stamp, or makes another message of it', () => {
  for (const kind of kinds) {
    const sent = new PushMessage(kind)
    const [sequenceAt, timesAt] = offsets[kind]
    for (let at = 0; at < sent.payload.length; at++) {
      const received = new PushMessage(kind)
      sent.stamp(0, 0, 0)
      sent.payload[at] ^= 0x10
      const isStamp =
        (at >= sequenceAt && at < sequenceAt + 4) || (at >= timesAt && at < timesAt + 16)
      assert.equal(received.receive(sent.messageType, sent.payload), isStamp, `${kind} byte ${at}`)
      sent.payload[at] ^= 0x10
    }
  }
})

test('another type or length makes another message of it', () => {
  for (const kind of kinds) {
    const sent = new PushMessage(kind)
    const { messageType, payload } = sent
    const received = new PushMessage(kind)
    assert.ok(received.receive(messageType, payload))
    assert.ok(!received.receive(messageType ^ 1, payload))
    assert.ok(!received.receive(messageType, payload.subarray(1)))
    assert.ok(!received.receive(messageType, Buffer.concat([payload, Buffer.alloc(1)])))
  }
})

test('a time that no number holds is not taken for another', () => {
  const { messageType, payload } = new PushMessage('probe')
  Buffer.from(payload.buffer).writeBigUInt64LE(2n ** 53n + 1n, 4)
  assert.ok(!new PushMessage('probe').receive(messageType, payload))
})

test('the frame of a probe has 32 bytes and a type outside of Stratum v2', () => {
  const { messageType, payload } = new PushMessage('probe')
  assert.equal(SV2_HEADER_SIZE + payload.length, 32)
  assert.equal(messageType, 0xf0)
})

test('a template is a valid NewTemplate of a full block; its id counts, its commitment has the times', () => {
  const sent = new PushMessage('new-template')
  sent.stamp(7, 0x0102_0304_0506, 0x1112_1314_1516)
  const template = decodeNewTemplate(sent.payload)
  assert.ok(!(template instanceof Malformed))
  assert.equal(sent.messageType, 0x71)
  assert.equal(SV2_HEADER_SIZE + sent.payload.length, 482)
  assert.equal(template.templateId, 7n)
  assert.equal(template.merklePath.length, 12)
  assert.equal(new Set(template.merklePath).size, 12)
  assert.ok(template.coinbasePrefix.length <= 8)
  const output = Buffer.from(template.coinbaseTxOutputs).toString('hex')
  assert.ok(
    output.startsWith(`${'00'.repeat(8)}266a24aa21a9ed06050403020100001615141312110000`),
    output,
  )
})
