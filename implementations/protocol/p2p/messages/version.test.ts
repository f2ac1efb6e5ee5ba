import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  MAX_SUBVERSION_LENGTH,
  NODE_NETWORK,
  NODE_WITNESS,
  PROTOCOL_VERSION,
} from '../constants.ts'
import { Malformed } from '../malformed.ts'
import { decodeVersion, encodeVersion, type Version } from './version.ts'

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const version: fc.Arbitrary<Version> = fc.record(
  {
    version: int32,
    services: uint64,
    time: fc.maxSafeInteger(),
    nonce: uint64,
    userAgent: fc
      .uint8Array({ maxLength: MAX_SUBVERSION_LENGTH })
      .map(bytes => String.fromCharCode(...bytes)),
    startHeight: int32,
    relay: fc.boolean(),
  },
  { noNullPrototype: true },
)

const example: Version = {
  version: PROTOCOL_VERSION,
  services: NODE_NETWORK | NODE_WITNESS,
  time: 1296688602,
  nonce: 0x0807060504030201n,
  userAgent: '/abc:1/',
  startHeight: 1000,
  relay: true,
}

test('any version message is read back', () => {
  fc.assert(
    fc.property(version, sent => {
      assert.deepEqual(decodeVersion(encodeVersion(sent)), sent)
    }),
  )
})

test('the fields stand where Core expects them', () => {
  assert.equal(
    Buffer.from(encodeVersion(example)).toString('hex'),
    '80110100' + // version
      '0900000000000000' + // services
      'dae5494d00000000' + // time
      '00'.repeat(26) + // addr_recv
      `0900000000000000${'00'.repeat(18)}` + // addr_from
      '0102030405060708' + // nonce
      '072f6162633a312f' + // user agent
      'e8030000' + // start height
      '01', // relay
  )
})

test('what old peers leave out at the end has the defaults of Core', () => {
  const payload = encodeVersion(example)
  const decoded = (length: number) => decodeVersion(payload.subarray(0, length))
  assert.deepEqual(decoded(payload.length - 1), { ...example, relay: true })
  assert.deepEqual(decoded(payload.length - 5), { ...example, startHeight: -1 })
  assert.deepEqual(decoded(80), { ...example, startHeight: -1, userAgent: '' })
  assert.deepEqual(decoded(46), { ...example, startHeight: -1, userAgent: '', nonce: 1n })
})

test('a prefix that ends inside a field is unreadable', () => {
  const payload = encodeVersion(example)
  const whole = [46, 80, 88, 92, payload.length]
  for (let length = 0; length < payload.length; length++) {
    if (whole.includes(length)) continue
    const decoded = decodeVersion(payload.subarray(0, length))
    assert.ok(decoded instanceof Malformed && decoded.kind === 'unreadable', `${length} bytes`)
  }
})

test('a user agent of 256 bytes is read, one of 257 is unreadable', () => {
  const withAgent = (length: number) => encodeVersion({ ...example, userAgent: 'x'.repeat(length) })
  assert.ok(!(decodeVersion(withAgent(256)) instanceof Malformed))
  const decoded = decodeVersion(withAgent(257))
  assert.ok(decoded instanceof Malformed)
  assert.match(decoded.reason, /user agent of 257 bytes/)
})
