import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Malformed } from '../malformed.ts'
import { decodeFeeFilter, encodeFeeFilter } from './feefilter.ts'
import { decodePing, encodePing } from './ping.ts'
import { decodeSendCmpct, encodeSendCmpct } from './sendcmpct.ts'

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

test('any ping nonce, fee rate and sendcmpct are read back', () => {
  fc.assert(
    fc.property(uint64, fc.boolean(), (value, highBandwidth) => {
      assert.equal(decodePing(encodePing(value)), value)
      const signed = BigInt.asIntN(64, value)
      assert.equal(decodeFeeFilter(encodeFeeFilter(signed)), signed)
      const sendCmpct = { highBandwidth, version: value }
      assert.deepEqual(decodeSendCmpct(encodeSendCmpct(sendCmpct)), sendCmpct)
    }),
  )
})

test('integers are little-endian on the wire', () => {
  assert.equal(Buffer.from(encodePing(0x0102n)).toString('hex'), '0201000000000000')
  assert.equal(Buffer.from(encodeFeeFilter(-1n)).toString('hex'), 'ff'.repeat(8))
  assert.equal(
    Buffer.from(encodeSendCmpct({ highBandwidth: true, version: 2n })).toString('hex'),
    '010200000000000000',
  )
})

test('a truncated payload is unreadable, a longer one is read', () => {
  const codecs: [(payload: Uint8Array) => unknown, Uint8Array][] = [
    [decodePing, encodePing(5n)],
    [decodeFeeFilter, encodeFeeFilter(5n)],
    [decodeSendCmpct, encodeSendCmpct({ highBandwidth: false, version: 2n })],
  ]
  for (const [decode, payload] of codecs) {
    for (let length = 0; length < payload.length; length++) {
      const decoded = decode(payload.subarray(0, length))
      assert.ok(decoded instanceof Malformed && decoded.kind === 'unreadable')
    }
    const longer = Buffer.concat([payload, Buffer.from([1, 2])])
    assert.deepEqual(decode(longer), decode(payload))
  }
})
