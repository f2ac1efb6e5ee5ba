import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IoVector, pinMemory } from './io-vector.ts'

const memory = pinMemory(new Uint8Array(100))

test('byteLength and room follow push and consume', () => {
  const vector = new IoVector(3)
  vector.push(memory, 0, 10)
  vector.push(memory, 50, 50)
  assert.equal(vector.byteLength, 60)
  assert.equal(vector.room, 1)
  vector.consume(9)
  assert.equal(vector.room, 1)
  vector.consume(1)
  assert.equal(vector.room, 2)
  assert.equal(vector.byteLength, 50)
  vector.clear()
  assert.equal(vector.byteLength, 0)
  assert.equal(vector.room, 3)
})

test('an empty area takes no room', () => {
  const vector = new IoVector(1)
  vector.push(memory, 100, 0)
  assert.equal(vector.room, 1)
})

test('an area outside its memory is a bug of the caller', () => {
  const vector = new IoVector(1)
  assert.throws(() => vector.push(memory, 1, 100), RangeError)
  assert.throws(() => vector.push(memory, -1, 5), RangeError)
})

test('one area too many is a bug of the caller', () => {
  const vector = new IoVector(1)
  vector.push(memory, 0, 1)
  assert.throws(() => vector.push(memory, 0, 1), RangeError)
})

test('more consumed than there is, is a bug of the caller', () => {
  const vector = new IoVector(1)
  vector.push(memory, 0, 1)
  assert.throws(() => vector.consume(2), RangeError)
})
