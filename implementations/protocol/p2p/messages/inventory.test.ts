import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { writeCompactSize } from '../compact-size.ts'
import { MAX_INV_SZ, MSG_BLOCK, MSG_WITNESS_BLOCK } from '../constants.ts'
import { Malformed } from '../malformed.ts'
import { decodeInventory, encodeInventory } from './inventory.ts'

const hash256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(raw => Buffer.from(raw).toString('latin1'))
const entries = fc.array(
  fc.record(
    { type: fc.integer({ min: 0, max: 0xffffffff }), hash: hash256 },
    { noNullPrototype: true },
  ),
  { maxLength: 300 },
)

test('any entries are read back', () => {
  fc.assert(
    fc.property(entries, sent => {
      assert.deepEqual(decodeInventory(encodeInventory(sent)), sent)
    }),
  )
})

test('one entry is a count, a type and a hash', () => {
  const payload = encodeInventory([{ type: MSG_WITNESS_BLOCK, hash: 'a'.repeat(32) }])
  assert.equal(Buffer.from(payload).toString('hex'), `0102000040${'61'.repeat(32)}`)
})

test('50,000 entries are read, 50,001 are over the limit', () => {
  const entry = { type: MSG_BLOCK, hash: 'a'.repeat(32) }
  const most = decodeInventory(encodeInventory(Array(MAX_INV_SZ).fill(entry)))
  assert.ok(!(most instanceof Malformed) && most.length === MAX_INV_SZ)
  const over = decodeInventory(encodeInventory(Array(MAX_INV_SZ + 1).fill(entry)))
  assert.ok(over instanceof Malformed)
  assert.equal(over.kind, 'overLimit')
  assert.match(over.reason, /50001 entries, at most 50000/)
})

test('a truncated list is unreadable, whatever count it claims', () => {
  const payload = encodeInventory([{ type: MSG_BLOCK, hash: 'a'.repeat(32) }])
  for (let length = 0; length < payload.length; length++) {
    const decoded = decodeInventory(payload.subarray(0, length))
    assert.ok(decoded instanceof Malformed && decoded.kind === 'unreadable')
  }
  const hugeCount = new Uint8Array(5)
  writeCompactSize(hugeCount, 0, 0x02000000)
  const decoded = decodeInventory(hugeCount)
  assert.ok(decoded instanceof Malformed && decoded.kind === 'unreadable')
})

test('bytes behind the last entry are ignored', () => {
  const sent = [{ type: MSG_BLOCK, hash: 'a'.repeat(32) }]
  const payload = Buffer.concat([encodeInventory(sent), Buffer.from([1, 2, 3])])
  assert.deepEqual(decodeInventory(payload), sent)
})
