import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Agreement } from './agreement.ts'
import { baselineChanges } from './baseline-changes.ts'
import { baselineOf } from './counter-baseline.ts'
import type { CountedRow } from './judgement.ts'

const stable = (value: number): Agreement => ({ state: 'stable', value })
const unstable: Agreement = { state: 'unstable', values: [1, 2] }

function row(counters: Record<string, Agreement>, backend = 'direct'): CountedRow {
  return { workload: 'ibd', backend, unit: 'block', counters }
}

const changes = (before: CountedRow[], after: CountedRow[]) =>
  baselineChanges(baselineOf(before), baselineOf(after), 0.1)

test('the same counts, or almost, change nothing', () => {
  const before = row({ recv: stable(1000), polls: unstable })
  assert.deepEqual(changes([before], [before]), [])
  assert.deepEqual(changes([before], [row({ recv: stable(1001), polls: unstable })]), [])
})

test('counts that are others, new or gone are said with both figures', () => {
  const before = row({ recv: stable(1), send: stable(2) })
  const after = row({ recv: stable(2), getsockopt: stable(1) })
  assert.deepEqual(changes([before], [after]), [
    'direct, ibd: recv 1.000 -> 2.000 per block (+100.0 %)',
    'direct, ibd: send 2.000 -> 0 per block (-100.0 %)',
    'direct, ibd: getsockopt 0 -> 1.000 per block',
  ])
})

test('what is new, and what is not counted any more, is one line each', () => {
  const counters = { recv: stable(1), send: stable(2) }
  assert.deepEqual(
    changes([row(counters, 'old')], [row({ ...counters, polls: unstable }, 'new')]),
    [
      'no longer gated: old, ibd',
      'new: new, ibd',
      'not gated: new, ibd: polls per block differs from process to process',
    ],
  )
})

test('a counter that is not gated any more is said, and one that is gated again', () => {
  const [gated, not] = [row({ polls: stable(2) }), row({ polls: unstable })]
  const none = row({})
  const lost = 'no longer gated: direct, ibd: polls per block differs from process to process'
  assert.deepEqual(changes([gated], [not]), [lost])
  assert.deepEqual(changes([none], [not]), [lost])
  assert.deepEqual(changes([not], [gated]), [
    'gated from now on: direct, ibd: polls per block is 2.000',
  ])
  assert.deepEqual(changes([not], [none]), ['gated from now on: direct, ibd: polls per block is 0'])
})
