import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ended, startWorker, until } from './fixtures/workers.ts'
import { Mutex } from './mutex.ts'
import { WORK_QUEUE_CAPACITY, WorkQueue, workQueueBytes } from './work-queue.ts'

const bounded = { timeout: 30_000 }
const newBuffer = () => new SharedArrayBuffer(workQueueBytes)

test('items come out oldest first, round and round', () => {
  const queue = new WorkQueue(newBuffer(), 0)
  for (let item = 0; item < 3 * WORK_QUEUE_CAPACITY; item += 2) {
    assert.equal(queue.push(item), 'queued')
    assert.equal(queue.push(item + 1), 'queued')
    assert.deepEqual([queue.pop(0), queue.pop(0), queue.pop(0)], [item, item + 1, -1])
  }
})

test('a full queue takes nothing, until something is taken', () => {
  const queue = new WorkQueue(newBuffer(), 0)
  for (let item = 0; item < WORK_QUEUE_CAPACITY; item++) assert.equal(queue.push(item), 'queued')
  assert.equal(queue.push(99), 'full')
  assert.equal(queue.pop(0), 0)
  assert.equal(queue.push(99), 'queued')
  const rest = Array.from({ length: WORK_QUEUE_CAPACITY }, () => queue.pop(0))
  assert.deepEqual([rest[0], rest.at(-1), queue.pop(0)], [1, 99, -1])
})

test('interrupted, it gives away what it has, takes nothing, and nobody waits', () => {
  const queue = new WorkQueue(newBuffer(), 0)
  queue.push(7)
  queue.interrupt()
  assert.equal(queue.push(8), 'interrupted')
  assert.equal(queue.pop(60_000), 7)
  assert.equal(queue.pop(Number.POSITIVE_INFINITY), -1) // would sleep for ever
})

test('interrupt does not wait for a thread that has died with the mutex', bounded, () => {
  const buffer = newBuffer()
  const queue = new WorkQueue(buffer, 0)
  new Mutex(new Int32Array(buffer), 0).lock()
  queue.interrupt() // would sleep for ever
})

test(
  'every item is taken by one worker, once; interrupt ends those that sleep',
  bounded,
  async t => {
    const items = 5_000
    const buffer = newBuffer()
    const takenBuffer = new SharedArrayBuffer(4 * items)
    const stopped = new SharedArrayBuffer(4)
    const start = () => startWorker(t, './work-queue-worker.js', { buffer, takenBuffer, stopped })
    const workers = [start(), start(), start()]
    const queue = new WorkQueue(buffer, 0)
    const taken = new Int32Array(takenBuffer)
    let woken = 0
    for (let item = 0; item < items; ) {
      const pushed = queue.push(item)
      if (pushed === 'woke a worker') woken++
      if (pushed === 'full')
        await until(() => Atomics.load(taken, item - WORK_QUEUE_CAPACITY) === 1)
      else item++
    }
    await until(() => taken.every(times => times === 1))
    assert.ok(woken > 0)
    Atomics.store(new Int32Array(stopped), 0, 1)
    queue.interrupt()
    await ended(...workers)
  },
)
