import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunError } from '../errors.ts'
import type { SockbenchRecord } from '../record.ts'
import {
  measuredLarge,
  syntheticProcess,
  syntheticRecord,
} from '../report/fixtures/synthetic-record.ts'
import { assertCompared } from './carry-out.ts'

/** Base twice, and head once, if it is to be; a cost of 0 is none that was seen. */
function recordOf({ base, head }: { base: number; head?: number }): SockbenchRecord {
  const direct = { round: 0, backend: 'direct' }
  const processes = [
    syntheticProcess({ ...direct, revision: 'base', arm: 'A', cost: base }),
    syntheticProcess({ ...direct, revision: 'base', arm: "A'", cost: base }),
    ...(head === undefined
      ? []
      : [syntheticProcess({ ...direct, revision: 'head', arm: 'B', cost: head })]),
  ]
  return syntheticRecord(measuredLarge(processes))
}

test('two programs of which nothing is said against each other are no success', () => {
  const expected = {
    name: 'RunError',
    message: 'nothing could be compared in ibd (large, 1 peer): figures are missing, see above',
  }
  assert.throws(() => assertCompared(recordOf({ base: 1, head: 0 })), expected)
  assert.throws(() => assertCompared(recordOf({ base: 0, head: 1 })), RunError)
  assertCompared(recordOf({ base: 1, head: 1 }))
})

test('a single program has nothing to be compared with', () => {
  assertCompared(recordOf({ base: 1 }))
  assertCompared({ scenarios: [] })
})
