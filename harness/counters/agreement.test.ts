import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreement, agreements } from './agreement.ts'

test('two processes that say the same are believed', () => {
  assert.deepEqual(agreement([1.004, 1.004], 0), { state: 'stable', value: 1.004 })
})

test('within the tolerance it is the middle of the two', () => {
  assert.deepEqual(agreement([1000, 1001], 0.1), { state: 'stable', value: 1000.5 })
  assert.equal(agreement([1000, 1002], 0.1).state, 'unstable')
})

test('of three the two nearest decide, on whichever side the third is', () => {
  assert.deepEqual(agreement([2, 9, 2], 0.1), { state: 'stable', value: 2 })
  assert.deepEqual(agreement([9, 2, 9], 0.1), { state: 'stable', value: 9 })
  assert.deepEqual(agreement([3, 1, 2], 0.1), { state: 'unstable', values: [1, 2, 3] })
})

test('one process alone is no agreement', () => {
  assert.deepEqual(agreement([5], 0.1), { state: 'unstable', values: [5] })
})

test('a counter that one process lacks is 0 there, and one that is 0 everywhere is left out', () => {
  assert.deepEqual(agreements([{ recv: 1, send: 0 }, { send: 0 }], 0.1), {
    recv: { state: 'unstable', values: [0, 1] },
  })
})
