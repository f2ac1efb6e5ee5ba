import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payloadChecksum } from './checksum.ts'
import { REGTEST_MAGIC } from './constants.ts'
import { writeFrame, writeHeader } from './frame.ts'
import { MessageType } from './message-type.ts'

// Magic, "ping", 8 bytes, the first four bytes of sha256d(00..07).
const pingFrame = `fabfb5da70696e67000000000000000008000000291d966d0001020304050607`
const nonce = Buffer.from('0001020304050607', 'hex')

test('a frame is header and payload, at the offset asked for', () => {
  const target = Buffer.alloc(40, 0xee)
  assert.equal(writeFrame(target, 3, REGTEST_MAGIC, MessageType.ping, nonce), 32)
  assert.equal(target.toString('hex', 3, 35), pingFrame)
  assert.ok(target[2] === 0xee && target[35] === 0xee)
})

test('a header with a known checksum is the same as one with a computed one', () => {
  const header = Buffer.alloc(24)
  writeHeader(header, 0, REGTEST_MAGIC, MessageType.ping, nonce.length, payloadChecksum(nonce))
  assert.equal(header.toString('hex'), pingFrame.slice(0, 48))
})

test('length and checksum use all four bytes', () => {
  const header = Buffer.alloc(24)
  writeHeader(header, 0, REGTEST_MAGIC, MessageType.block, 0x003d0900, 0x81020304 | 0)
  assert.equal(header.toString('hex', 16), '00093d0004030281')
})
