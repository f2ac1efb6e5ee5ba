import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ended, startWorker, until } from './fixtures/workers.ts'
import { Mutex } from './mutex.ts'

const bounded = { timeout: 30_000 }

test('what several threads do under the mutex is never lost', bounded, async t => {
  const buffer = new SharedArrayBuffer(8)
  const start = () => startWorker(t, './mutex-worker.js', { buffer, rounds: 50_000 })
  await ended(start(), start(), start())
  assert.equal(new Int32Array(buffer)[1], 150_000)
})

test(
  'a thread that sleeps on the mutex is woken by unlock, and only then goes on',
  bounded,
  async t => {
    const buffer = new SharedArrayBuffer(8)
    const cells = new Int32Array(buffer)
    const mutex = new Mutex(cells, 0)
    mutex.lock()
    const worker = startWorker(t, './mutex-worker.js', { buffer, rounds: 1 })
    await until(() => Atomics.load(cells, 0) === CONTENDED)
    assert.equal(cells[1], 0)
    mutex.unlock()
    await ended(worker)
    assert.equal(cells[1], 1)
  },
)

test('mutexes in one array are independent', () => {
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const first = new Mutex(cells, 0)
  const second = new Mutex(cells, 1)
  first.lock()
  second.lock() // would sleep for ever
  first.unlock()
  assert.deepEqual([...cells], [0, 1])
  second.unlock()
  assert.deepEqual([...cells], [0, 0])
})

/** The cell's value once somebody waits. */
const CONTENDED = 2
