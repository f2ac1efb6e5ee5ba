import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ibd } from './index.ts'

test('subjects that spin live alone, and the reader is told', () => {
  const [optimistic, pollout] = ibd.workloads(
    new Map([
      ['profile', 'small'],
      ['peers', '1'],
      ['mode', 'optimistic,pollout'],
    ]),
  )
  assert.deepEqual([optimistic.lives, optimistic.caveats], ['together', []])
  assert.equal(pollout.lives, 'alone')
  assert.match(pollout.caveats.join(), /^in mode pollout .* one after the other$/)
})
