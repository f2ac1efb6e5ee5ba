import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { recordJsonSchema, recordSchema } from './record.ts'
import {
  loopRounds,
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from './report/fixtures/synthetic-record.ts'

test('the committed schema is the one this code validates against', () => {
  const committed = readFileSync(new URL('../../results/schema.json', import.meta.url), 'utf8')
  assert.equal(committed, recordJsonSchema(), 'run `npm run update-schema`')
})

test('a record survives being written as JSON and read again', () => {
  const costs = { reference: 1, other: 1, referenceEach: 1, otherEach: 1 }
  const record = syntheticRecord(
    measuredLarge(syntheticRounds(8, { 'virtual-sockman': 1.02 })),
    measuredLarge(loopRounds(8, costs)),
  )
  assert.deepEqual(recordSchema.parse(JSON.parse(JSON.stringify(record))), record)
})

test('no clock error is ever stored: NaN, infinities and negative durations are refused', () => {
  for (const wallNs of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
    const record = syntheticRecord(measuredLarge(syntheticRounds(1, {})))
    const { outcome } = record.scenarios[0].processes[0]
    assert.ok(outcome.state === 'completed')
    outcome.slices[0].wallNs = wallNs
    const parsed = recordSchema.safeParse(record)
    assert.equal(parsed.success, false, `wallNs = ${wallNs}`)
  }
})

test('a completed process has slices, and a failed one has no figures', () => {
  const record = syntheticRecord(measuredLarge(syntheticRounds(1, {})))
  const [sample] = record.scenarios[0].processes
  const withOutcome = (outcome: unknown) =>
    recordSchema.safeParse({
      ...record,
      scenarios: [{ ...record.scenarios[0], processes: [{ ...sample, outcome }] }],
    }).success
  assert.equal(withOutcome({ ...sample.outcome, slices: [] }), false)
  assert.equal(withOutcome({ state: 'failed', stage: 'run', reason: 'exit code 1' }), true)
  assert.equal(withOutcome({ ...sample.outcome, state: 'failed', stage: 'run', reason: '' }), false)
})
