import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  killedProcess,
  measuredLarge,
  syntheticRecord,
} from '../report/fixtures/synthetic-record.ts'
import { exitCodeOf } from './exit-code.ts'
import { comparisonRow, counterFindings, waitRow } from './fixtures/synthetic-result.ts'
import type { ComparisonRow } from './gate-result.ts'

const green = comparisonRow({ state: 'within' })
const red = comparisonRow({ state: 'regressed' })
const undecided = comparisonRow({ state: 'inconclusive' })
const noFigure = comparisonRow({
  state: 'no-figure',
  screening: { state: 'no-figure', reason: 'the driver was the bottleneck' },
})
const clean = { comparisons: [green], waits: [], counters: null, failures: [], strict: false }

test('0 where nothing is red', () => {
  assert.equal(exitCodeOf(clean), 0)
  assert.equal(exitCodeOf({ ...clean, comparisons: [green, undecided, noFigure] }), 0)
})

test('1 where anything died or was not measured, whatever came of the rest; but 3 goes before', () => {
  const baseDied = comparisonRow({
    state: 'base-died',
    screening: { state: 'died', revision: 'base', times: 2, reason: 'run: killed by SIGSEGV' },
  })
  const headDied = { state: 'died', revision: 'head', times: 1, reason: 'run: aborted' } as const
  const { screening: compared } = green
  const once = { screening: headDied, confirmation: compared }
  const notMeasured = comparisonRow({
    state: 'not-measured',
    screening: { state: 'not-measured', reason: 'start: large, 1 peer cannot be prepared' },
  })
  const rows = [
    baseDied,
    notMeasured,
    comparisonRow({ state: 'head-died-once', ...once }),
    comparisonRow({ state: 'unconfirmed', screening: headDied }),
    comparisonRow({ state: 'base-died', screening: compared, confirmation: baseDied.screening }),
  ]
  for (const row of rows) {
    assert.equal(exitCodeOf({ ...clean, comparisons: [green, row] }), 1)
    assert.equal(exitCodeOf({ ...clean, comparisons: [green, row], strict: true }), 1)
    assert.equal(exitCodeOf({ ...clean, comparisons: [red, row] }), 3)
  }
  // Fresh rounds of another metric, or for the sake of waits.
  const failures = syntheticRecord(measuredLarge([killedProcess(0, 'direct', 'B')])).failures
  assert.equal(failures.length, 1)
  assert.equal(exitCodeOf({ ...clean, failures }), 1)
  assert.equal(exitCodeOf({ ...clean, comparisons: [red], failures }), 3)
})

test('3 for anything red: a comparison, a wait, a counter, a head that dies while it is counted', () => {
  const violation = {
    workload: 'ibd',
    backend: 'direct',
    counter: 'polls',
    unit: 'block',
    was: 1,
    is: 2,
    changePercent: 100,
  }
  const failure = { workload: 'ibd', backend: 'direct', reason: 'killed by SIGSEGV' }
  assert.equal(exitCodeOf({ ...clean, comparisons: [green, red] }), 3)
  assert.equal(exitCodeOf({ ...clean, waits: [waitRow({ state: 'new' })] }), 3)
  assert.equal(exitCodeOf({ ...clean, counters: counterFindings({ violations: [violation] }) }), 3)
  assert.equal(exitCodeOf({ ...clean, counters: counterFindings({ failures: [failure] }) }), 3)
  assert.equal(exitCodeOf({ ...clean, comparisons: [red, undecided], strict: true }), 3)
})

test('4 for what is undecided, but only with --strict', () => {
  const strict = { ...clean, strict: true }
  assert.equal(exitCodeOf(strict), 0)
  assert.equal(exitCodeOf({ ...strict, comparisons: [green, undecided] }), 4)
  assert.equal(exitCodeOf({ ...strict, waits: [waitRow({ state: 'unknown' })] }), 4)
  const counters = counterFindings({ notes: ['direct, ibd: not in the baseline'] })
  assert.equal(exitCodeOf({ ...strict, counters }), 4)
  assert.equal(exitCodeOf({ ...clean, counters }), 0)
})

test('1 where there was something to compare, and no interval came of it', () => {
  const { screening } = green
  const short = comparisonRow({
    state: 'inconclusive',
    screening: { ...screening, low: null, high: null } as ComparisonRow['screening'],
  })
  assert.equal(exitCodeOf({ ...clean, comparisons: [noFigure, short] }), 1)
  assert.equal(exitCodeOf({ ...clean, comparisons: [noFigure, undecided] }), 0)
  assert.equal(exitCodeOf({ ...clean, comparisons: [] }), 0)
})
