import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bonferroni, holm } from './multiplicity.ts'

test('four hypotheses, worked by hand: 0.01 and 0.005 are rejected, 0.03 and 0.04 are kept', () => {
  // 0.005 ≤ 0.05/4, 0.01 ≤ 0.05/3, 0.03 > 0.05/2; 0.04 ≤ 0.05/1 comes after one that is kept.
  assert.deepEqual(holm([0.01, 0.04, 0.03, 0.005], 0.05), [true, false, false, true])
})

test('what Bonferroni rejects, Holm does, too; nothing is rejected of nothing', () => {
  const values = [0.0124, 0.2, 0.0001, 0.9]
  const rejected = holm(values, 0.05)
  for (const [i, p] of values.entries()) {
    if (p <= bonferroni(0.05, values.length)) assert.ok(rejected[i], String(p))
  }
  assert.deepEqual(holm([], 0.05), [])
  assert.deepEqual(holm([0.01, 0.01, 0.01], 0.05), [true, true, true])
})
