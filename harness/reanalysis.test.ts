import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reanalysed } from './reanalysis.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

const record = syntheticRecord(measuredLarge(syntheticRounds(6, { 'virtual-sockman': 1.02 })))

test('conclusions are drawn anew at the margin of the record, or at another', () => {
  const emptied = record.scenarios.map(one => ({ ...one, estimates: [], comparisons: [] }))
  const again = reanalysed({ ...record, scenarios: emptied })
  assert.deepEqual(again.scenarios, record.scenarios)
  const [{ comparisons }] = reanalysed(record, 7).scenarios
  assert.ok(comparisons.length > 0)
  assert.ok(comparisons.every(({ marginPercent }) => marginPercent === 7))
})

test('a record without its margin needs one', () => {
  const configuration = {}
  assert.throws(() => reanalysed({ ...record, configuration }), {
    name: 'RecordError',
    message: /names no margin .* --margin/,
  })
  assert.equal(reanalysed({ ...record, configuration }, 2).scenarios.length, 1)
})
