import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter, ThreadCounters } from '../../threads/counters.ts'
import { OutboundHttpMemory } from '../../threads/outbound-http-memory.ts'
import { sleepMs } from '../../threads/sleep.ts'
import { LATE_MS } from '../late-wake-ups.ts'
import { takeUp } from './take-up.ts'

test('a connection that waited for the loop is counted once, a withdrawn one never', () => {
  const { counts } = ThreadCounters.create()
  const [taken, withdrawn] = [0, 1].map(number => {
    const memory = OutboundHttpMemory.create(number, { requestBytes: 100, maxReplyBytes: 100 })
    memory.open(number, 9)
    return memory
  })
  withdrawn.withdraw()
  sleepMs(LATE_MS + 1) // at least: the clock has whole milliseconds
  assert.equal(takeUp(withdrawn, counts), false)
  assert.equal(counts[Counter.addedWaits45ms], 0)
  assert.equal(takeUp(taken, counts), true)
  assert.equal(counts[Counter.addedWaits45ms], 1)
})
