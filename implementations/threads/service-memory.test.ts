import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceMemory } from './service-memory.ts'

test('progress crosses threads whole: heights and every byte of the hash', () => {
  const written = ServiceMemory.create()
  const seen = new ServiceMemory(written.buffer)
  const tipHash = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - 8 * i)).toString('latin1')
  written.setProgress(2 ** 31 + 5, 70_000, tipHash)
  assert.deepEqual(seen.progress, { headerHeight: 2 ** 31 + 5, blockHeight: 70_000, tipHash })
})

test('stop is seen by every thread and wakes the message handler', () => {
  const one = ServiceMemory.create()
  const other = new ServiceMemory(one.buffer)
  assert.equal(other.stopping, false)
  one.stop()
  assert.equal(other.stopping, true)
  other.handlerWakeUp.wait(Number.POSITIVE_INFINITY) // would sleep for ever
})

test('announced connections are counted, and nothing else with them', () => {
  const one = ServiceMemory.create()
  const other = new ServiceMemory(one.buffer)
  one.countAnnounced()
  one.countAnnounced()
  assert.equal(other.announced, 2)
  one.nodesMutex.lock()
  one.connectedMutex.lock() // would sleep for ever
  assert.deepEqual([other.announced, other.stopping], [2, false])
})
