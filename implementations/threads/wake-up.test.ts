import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ended, startWorker, until } from './fixtures/workers.ts'
import { WakeUp } from './wake-up.ts'

const bounded = { timeout: 30_000 }

function sharedCells(): { buffer: SharedArrayBuffer; cells: Int32Array } {
  const buffer = new SharedArrayBuffer(8)
  return { buffer, cells: new Int32Array(buffer) }
}

test('a wake-up given before the wait is not lost', bounded, async t => {
  const { buffer, cells } = sharedCells()
  assert.equal(new WakeUp(cells, 0).wake(), false, 'nobody was asleep')
  await ended(startWorker(t, './wake-up-worker.js', { buffer, own: 0, other: 1, rounds: 1 }))
})

test('wake-ups given before the wait are one: the second wait sleeps', bounded, async t => {
  const { buffer, cells } = sharedCells()
  const wakeUp = new WakeUp(cells, 0)
  wakeUp.wake()
  wakeUp.wake()
  const worker = startWorker(t, './wake-up-worker.js', { buffer, own: 0, other: 1, rounds: 2 })
  await until(() => Atomics.load(cells, 0) === SLEEPING)
  assert.equal(wakeUp.wake(), true, 'it was asleep')
  await ended(worker)
})

test('a wait without a wake-up ends with its timeout, and the next one sleeps again', () => {
  const { cells } = sharedCells()
  const wakeUp = new WakeUp(cells, 0)
  wakeUp.wait(0)
  assert.equal(wakeUp.wake(), false)
  wakeUp.take()
  wakeUp.wait(0)
  assert.equal(cells[0], AWAKE)
})

test('a taken wake-up is gone', bounded, async t => {
  const { buffer, cells } = sharedCells()
  const wakeUp = new WakeUp(cells, 0)
  wakeUp.wake()
  wakeUp.take()
  const worker = startWorker(t, './wake-up-worker.js', { buffer, own: 0, other: 1, rounds: 1 })
  await until(() => Atomics.load(cells, 0) === SLEEPING)
  wakeUp.wake()
  await ended(worker)
})

test('two threads wake each other thousands of times and lose no wake-up', bounded, async t => {
  const { buffer, cells } = sharedCells()
  const rounds = 5_000
  const one = startWorker(t, './wake-up-worker.js', { buffer, own: 0, other: 1, rounds })
  const two = startWorker(t, './wake-up-worker.js', { buffer, own: 1, other: 0, rounds })
  new WakeUp(cells, 0).wake()
  await ended(one, two)
})

const AWAKE = 0
const SLEEPING = 2
