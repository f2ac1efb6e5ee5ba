import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meaningOfSignal } from './interruption.ts'

test('the first signal stops in order, its echo does nothing, the second exits', () => {
  const meanings = [undefined, 1000, 1000, 1000].map((firstAtMs, i) =>
    meaningOfSignal({ graceful: true, firstAtMs, nowMs: [1000, 1000, 1299, 1300][i] }),
  )
  assert.deepEqual(meanings, ['stop', 'echo', 'echo', 'exit'])
})

test('where nothing can be stopped in order the first signal exits', () => {
  assert.equal(meaningOfSignal({ graceful: false, firstAtMs: undefined, nowMs: 0 }), 'exit')
})
