import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordSchema, type SockbenchRecord } from '../record.ts'
import { measuredLarge, syntheticProcess, syntheticRecord } from './fixtures/synthetic-record.ts'
import { livesTexts } from './lives-text.ts'
import { terminalReport } from './terminal.ts'

const interleaved = ['slices interleaved in seeded random order']
const inARow = ['slices not interleaved: each subject had all of its own in a row']

/** One round of A and A′ whose places in the groups of slices are these. */
function recordOf(places: readonly number[]): SockbenchRecord {
  const processes = (['A', "A'"] as const).map((arm, twin) => {
    const sliceFactors = places.map(() => 1)
    const process = syntheticProcess({ round: 0, backend: 'direct', arm, cost: 1, sliceFactors })
    assert.ok(process.outcome.state === 'completed')
    for (const [group, slice] of process.outcome.slices.entries()) {
      slice.order = twin === 0 ? places[group] : 1 - places[group]
    }
    return process
  })
  return syntheticRecord(measuredLarge(processes))
}

const taken = recordOf([0, 1, 1, 0, 0, 0, 1, 0])
const row = recordOf([0, 0, 0, 0, 0, 0, 0, 0])

test('what a record says of interleaving is said of it, whatever its slices look like', () => {
  const said = (record: SockbenchRecord, interleaved: boolean) => {
    const controls = { controls: { interleaved } }
    return livesTexts(recordSchema.parse({ ...record, configuration: controls }))
  }
  assert.deepEqual(said(taken, false), inARow)
  assert.deepEqual(said(row, true), interleaved)
})

test('where it does not say, eight slices or more in one place do', () => {
  assert.deepEqual(livesTexts(taken), interleaved)
  assert.deepEqual(livesTexts(row), inARow)
  assert.deepEqual(livesTexts(recordOf([0, 0, 0, 0])), interleaved)
})

test('a report says how the slices were given', () => {
  const style = { colour: false, columns: null }
  assert.ok(terminalReport(row, 'r', style).includes(`; ${inARow[0]}; `))
  assert.ok(terminalReport(taken, 'r', style).includes(`; ${interleaved[0]}; `))
})
