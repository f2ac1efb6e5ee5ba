import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figureTable } from './table.ts'
import { withoutZeroRows } from './zero-rows.ts'

test('rows of zeros become a line; what was not counted is no zero', () => {
  const head = ['per block', 'direct', 'libuv']
  const table = figureTable(head, [
    ['recv()', '15', '—'],
    ['pauses', '0', '—'],
    ['waits', '0', '0'],
    ['nothing', '—', '—'],
    ['sent', '0', '1'],
  ])
  const { table: kept, zeros } = withoutZeroRows(table)
  assert.deepEqual(kept, {
    head,
    rows: [table.rows[0], table.rows[3], table.rows[4]],
    verdicts: [null, null, null],
  })
  assert.equal(zeros, '0 wherever counted: pauses, waits')
})

test('a table without such rows stays as it is', () => {
  const table = figureTable(['name', 'n'], [['one', '1']])
  assert.deepEqual(withoutZeroRows(table), { table, zeros: null })
})
