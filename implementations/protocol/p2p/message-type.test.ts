import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  MALFORMED_TYPE,
  MESSAGE_TYPE_SIZE,
  MessageType,
  messageTypeName,
  readMessageType,
  writeMessageType,
} from './message-type.ts'

function read(type: string): number {
  return readMessageType(Buffer.from(type, 'latin1'), 0)
}

test('each known type is written as its name padded with NUL, and read back', () => {
  for (const [name, type] of Object.entries(MessageType)) {
    if (type === MessageType.unknown) continue
    const bytes = Buffer.alloc(20, 0xee)
    writeMessageType(bytes, 3, type)
    assert.equal(bytes.toString('latin1', 3, 15), name.padEnd(12, '\0'))
    assert.ok(bytes[2] === 0xee && bytes[15] === 0xee)
    assert.equal(readMessageType(bytes, 3), type)
    assert.equal(messageTypeName(type), name)
  }
})

test('well-formed types outside the table are unknown, also the empty and the full one', () => {
  for (const type of ['tx', 'addr', 'ping2', 'pin', 'BLOCK', 'block ', '', '~ !', 'abcdefghijkl']) {
    assert.equal(read(type.padEnd(12, '\0')), MessageType.unknown, JSON.stringify(type))
  }
})

test('a byte after the first NUL or outside printable ASCII is malformed', () => {
  for (const type of [
    'block\0x',
    'block\0\0\0\0\0\0x',
    '\0block',
    'pi\x1fng',
    'pi\x7fng',
    'pi\xe9ng',
  ]) {
    assert.equal(read(type.padEnd(12, '\0')), MALFORMED_TYPE, JSON.stringify(type))
  }
})

test('any 12 bytes are judged as Core does: printable up to a NUL, and only NUL from there', () => {
  const nearlyText = fc.array(fc.constantFrom(0, 0, 0x1f, 0x20, 0x62, 0x7e, 0x7f, 0xff), {
    minLength: MESSAGE_TYPE_SIZE,
    maxLength: MESSAGE_TYPE_SIZE,
  })
  fc.assert(
    fc.property(nearlyText, bytes => {
      const valid = /^[\x20-\x7e]*\0*$/.test(String.fromCharCode(...bytes))
      const type = readMessageType(Uint8Array.from(bytes), 0)
      assert.equal(type, valid ? MessageType.unknown : MALFORMED_TYPE)
    }),
  )
})
