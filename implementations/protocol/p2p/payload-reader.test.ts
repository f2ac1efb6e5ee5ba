import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Malformed } from './malformed.ts'
import { PayloadReader } from './payload-reader.ts'

test('fields are read one after the other, little-endian', () => {
  const reader = new PayloadReader(
    'test',
    Buffer.from(`07ffffff80${'0100000000000080'.repeat(2)}fd0001${'61'.repeat(32)}`, 'hex'),
  )
  assert.equal(reader.uint8(), 7)
  assert.equal(reader.int32(), -0x7f000001)
  assert.equal(reader.uint64(), 2n ** 63n + 1n)
  assert.equal(reader.int64(), -(2n ** 63n) + 1n)
  assert.equal(reader.compactSize(), 256)
  assert.equal(reader.atEnd, false)
  assert.equal(reader.hash256(), 'a'.repeat(32))
  assert.equal(reader.atEnd, true)
  assert.equal(reader.malformed, undefined)
})

test('every read that needs more than there is fails, and says so', () => {
  const reads: [number, (reader: PayloadReader) => unknown][] = [
    [1, reader => reader.uint8()],
    [4, reader => reader.int32()],
    [8, reader => reader.uint64()],
    [8, reader => reader.int64()],
    [32, reader => reader.hash256()],
    [1, reader => reader.compactSize()],
    [9, reader => reader.take(9)],
  ]
  for (const [size, read] of reads) {
    const enough = new PayloadReader('test', new Uint8Array(size))
    read(enough)
    assert.equal(enough.malformed, undefined)
    const short = new PayloadReader('test', new Uint8Array(size - 1))
    read(short)
    assert.deepEqual(short.malformed, new Malformed('unreadable', 'test is truncated'))
  }
})

test('after a failure nothing is read any more and the first reason stays', () => {
  const reader = new PayloadReader('test', Buffer.from('fd0100aabbccddee', 'hex'))
  assert.equal(reader.compactSize(), 0)
  assert.deepEqual(
    [reader.uint8(), reader.int32(), reader.compactSize(), reader.take(1), reader.uint64()],
    [0, 0, 0, -1, 0n],
  )
  assert.equal(reader.offset, 0)
  assert.equal(reader.malformed?.reason, 'test has a non-canonical CompactSize')
})
