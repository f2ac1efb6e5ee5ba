import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fewOf, listed, rangeText } from './listed.ts'
import { duration } from './quantities.ts'

test('names are a list as people write it, and many are cut', () => {
  assert.deepEqual([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listed), [
    '',
    'a',
    'a and b',
    'a, b and c',
  ])
  assert.equal(fewOf(['a', 'b', 'c', 'd']), 'a, b, c and d')
  assert.equal(fewOf(['a', 'b', 'c', 'd', 'e', 'f']), 'a, b, c, d and 2 more')
})

test('a range names its unit once, and each where they differ; one figure is no range', () => {
  assert.equal(rangeText([50, 40.8, 45], duration), '40.8 to 50 µs')
  assert.equal(rangeText([673, 6180], duration), '673 µs to 6.18 ms')
  assert.equal(rangeText([50.01, 50], duration), '50 µs')
})
