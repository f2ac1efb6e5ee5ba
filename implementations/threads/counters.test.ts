import assert from 'node:assert/strict'
import { test } from 'node:test'
import { syscallIndex, syscallNames } from '../sock/syscalls.ts'
import { Counter, counterNames, ThreadCounters, totals } from './counters.ts'

test('totals add up all threads, by name', () => {
  const one = ThreadCounters.create()
  const other = ThreadCounters.create()
  one.counts[Counter.lookups] = 3
  other.counts[Counter.lookups] = 4
  one.syscalls[syscallIndex.recv] = 10
  other.counts[Counter.partialSends] = 1
  other.syscalls[syscallIndex.write] = 2
  const sums = totals([one, other])
  const counted = Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== 0))
  assert.deepEqual(counted, {
    lookups: 7,
    partialSends: 1,
    'syscall.recv': 10,
    'syscall.write': 2,
  })
  assert.equal(Object.keys(sums).length, syscallNames.length + counterNames.length)
})

test('each counter has a cell of its own, which the thread that attaches sees', () => {
  const written = ThreadCounters.create()
  written.syscalls.forEach((_, i) => {
    written.syscalls[i] = 1 + i
  })
  written.counts.forEach((_, i) => {
    written.counts[i] = 101 + i
  })
  const seen = new ThreadCounters(written.buffer)
  assert.equal(seen.syscalls[syscallIndex.write], syscallNames.length)
  assert.deepEqual(
    counterNames.map(name => seen.counts[Counter[name]]),
    counterNames.map((_, i) => 101 + i),
  )
})
