import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SEND_BUFFER_BYTES, SendQueue, sendQueueBytes } from './send-queue.ts'

const CAPACITY_BYTES = 6_000_000

function emptyQueue(): SendQueue {
  return new SendQueue(new SharedArrayBuffer(sendQueueBytes), 0)
}

function push(queue: SendQueue, bytes: Uint8Array): boolean {
  const room = queue.reserve(bytes.length)
  if (room === undefined) return false
  assert.equal(room.length, bytes.length)
  room.set(bytes)
  queue.append(bytes.length)
  return true
}

function pushBytes(queue: SendQueue, count: number, value = 0): boolean {
  return push(queue, new Uint8Array(count).fill(value))
}

test('what is queued is one run of bytes in order, however it is sent', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), n: fc.nat(3_000_000) }),
    fc.record({ kind: fc.constant('consume' as const), n: fc.nat(4_000_000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), steps => {
      const queue = emptyQueue()
      let model = Buffer.alloc(0)
      let value = 1
      for (const { kind, n } of steps) {
        if (kind === 'push') {
          const fits = model.length + n <= CAPACITY_BYTES
          assert.equal(pushBytes(queue, n, value), fits)
          if (fits) model = Buffer.concat([model, Buffer.alloc(n, value)])
          value = (value + 1) & 0xff
        } else {
          const sent = Math.min(n, model.length)
          queue.consume(sent)
          model = model.subarray(sent)
        }
        assert.ok(model.equals(queue.pending()))
        assert.equal(queue.isEmpty, model.length === 0)
        assert.equal(queue.paused, model.length > SEND_BUFFER_BYTES)
      }
    }),
    { numRuns: 40 },
  )
})

test('sent bytes before the queue are room for more at its end', () => {
  const queue = emptyQueue()
  pushBytes(queue, CAPACITY_BYTES - 10, 1)
  assert.equal(pushBytes(queue, 11, 2), false)
  queue.consume(CAPACITY_BYTES - 20)
  assert.equal(pushBytes(queue, 5_000_000, 2), true)
  const pending = queue.pending()
  assert.equal(pending.length, 5_000_010)
  assert.deepEqual([pending[9], pending[10]], [1, 2])
})

test('a full queue refuses, keeps what it has, and takes exactly what still fits', () => {
  const queue = emptyQueue()
  pushBytes(queue, CAPACITY_BYTES - 5, 1)
  assert.equal(queue.reserve(6), undefined)
  assert.equal(queue.pending().length, CAPACITY_BYTES - 5)
  assert.equal(pushBytes(queue, 5, 2), true)
  assert.equal(queue.reserve(1), undefined)
})

test('it pauses its peer above 1,000,000 bytes and not at them', () => {
  const queue = emptyQueue()
  pushBytes(queue, 1_000_000)
  assert.equal(queue.paused, false)
  pushBytes(queue, 1)
  assert.equal(queue.paused, true)
  queue.consume(1)
  assert.equal(queue.paused, false)
})

test('the two threads of a connection see one queue', () => {
  const buffer = new SharedArrayBuffer(sendQueueBytes + 64)
  const one = new SendQueue(buffer, 64)
  const other = new SendQueue(buffer, 64)
  push(one, Buffer.from('abc'))
  other.consume(1)
  assert.equal(Buffer.from(one.pending()).toString(), 'bc')
})

test('a wait is told once, and counted from its first start', () => {
  const queue = emptyQueue()
  assert.equal(queue.takeWaitMs(), -1)
  queue.startWaiting()
  queue.startWaiting()
  assert.ok(queue.takeWaitMs() >= 0)
  assert.equal(queue.takeWaitMs(), -1)
})
