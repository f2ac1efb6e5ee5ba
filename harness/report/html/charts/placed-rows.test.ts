import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placedRows } from './placed-rows.ts'

function row(percent: number, interval: [number, number] | null) {
  const ratio = (change: number) => 1 + change / 100
  return {
    name: 'one against direct',
    ratio: ratio(percent),
    interval: interval === null ? null : { low: ratio(interval[0]), high: ratio(interval[1]) },
    marginPercent: 1,
    verdict: 'inconclusive' as const,
    words: 'inconclusive at ±1 %',
  }
}

const rounded = (value: number | null) => value && Number(value.toFixed(6))

test('a scale has room for twice the margin, and for all rows of a size', () => {
  assert.equal(rounded(placedRows([row(0, [-0.1, 0.1])]).reach), 2.2)
  assert.equal(rounded(placedRows([row(0, [-3, 3]), row(4, [3, 5])]).reach), 5.5)
})

test('one row far away does not squash the others: an arrow stands for it, its figures are whole', () => {
  const { reach, rows, arrows } = placedRows([
    row(0, [-0.5, 0.5]),
    row(1, [0.5, 1.5]),
    row(-64.7, [-65.3, -64.3]),
  ])
  assert.equal(rounded(reach), 2.2)
  assert.deepEqual(
    arrows.map(({ index, percent, shape }) => [index, percent, shape]),
    [[2, -reach, 'triangle-left']],
  )
  assert.equal(rows[2].percent, null)
  assert.match(rows[2].figures, /^−64\.7 % \[−65\.3, −64\.3\]/)
})

test('an interval that goes on beyond the scale has an arrow at that end', () => {
  const { reach, rows, arrows } = placedRows([
    row(0, [-0.5, 0.5]),
    row(0, [-1, 1]),
    row(1, [-1, 40]),
  ])
  assert.deepEqual(
    arrows.map(({ index, shape }) => [index, shape]),
    [[2, 'triangle-right']],
  )
  assert.deepEqual([rounded(rows[2].percent), rows[2].high], [1, reach])
})

test('without an interval there is a point, and that is said', () => {
  const { rows } = placedRows([row(1, null)])
  assert.deepEqual([rows[0].low, rows[0].high], [null, null])
  assert.equal(rows[0].figures, '+1.0 %, no interval')
})
