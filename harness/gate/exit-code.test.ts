import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitCodeOf } from './exit-code.ts'
import { comparisonRow, counterFindings, waitRow } from './fixtures/synthetic-result.ts'
import type { ComparisonRow } from './gate-result.ts'

const green = comparisonRow({ state: 'within' })
const red = comparisonRow({ state: 'regressed' })
const undecided = comparisonRow({ state: 'inconclusive' })
const dead = comparisonRow({
  state: 'base-died',
  screening: { state: 'died', revision: 'base', times: 2, reason: 'killed by SIGSEGV' },
})
const noFigure = comparisonRow({
  state: 'no-figure',
  screening: { state: 'no-figure', reason: 'it was not measured' },
})
const clean = { comparisons: [green], waits: [], counters: null, strict: false }

test('0 where nothing is red', () => {
  assert.equal(exitCodeOf(clean), 0)
  assert.equal(exitCodeOf({ ...clean, comparisons: [green, undecided, dead] }), 0)
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
  assert.equal(exitCodeOf({ ...clean, comparisons: [dead, noFigure, short] }), 1)
  assert.equal(exitCodeOf({ ...clean, comparisons: [dead, undecided] }), 0)
  assert.equal(exitCodeOf({ ...clean, comparisons: [] }), 0)
})
