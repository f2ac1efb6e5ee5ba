import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalTail } from './normal.ts'
import { repeatedAlphas } from './repeated-alphas.ts'

const equal = (looks: number) => Array.from({ length: looks }, (_, k) => 8 * (k + 1))

/** The z whose two-sided level is `alpha`. */
function criticalZ(alpha: number): number {
  let [low, high] = [0, 10]
  while (high - low > 1e-9) {
    const middle = (low + high) / 2
    if (2 * normalTail(middle) > alpha) low = middle
    else high = middle
  }
  return low
}

test('the constants are those of Jennison & Turnbull, tables 2.1 and 2.3, at 5 %', () => {
  const pocock = [1.96, 2.178, 2.289, 2.361, 2.413, 2.453, 2.485, 2.512]
  const obrienFleming = [1.96, 1.977, 2.004, 2.024, 2.04, 2.053, 2.063, 2.072]
  for (const [i, constant] of pocock.entries()) {
    for (const alpha of repeatedAlphas(equal(i + 1), 'pocock')) {
      assert.equal(criticalZ(alpha).toFixed(3), constant.toFixed(3), `${i + 1} looks`)
    }
  }
  for (const [i, constant] of obrienFleming.entries()) {
    const alphas = repeatedAlphas(equal(i + 1), 'obrien-fleming')
    assert.equal(criticalZ(alphas[i]).toFixed(3), constant.toFixed(3), `${i + 1} looks`)
  }
})

test('the four levels of O’Brien and Fleming are the published ones', () => {
  const found = repeatedAlphas([8, 16, 24, 32], 'obrien-fleming')
  const published = [0.00005, 0.0042, 0.0194, 0.0429]
  for (const [k, alpha] of found.entries()) {
    assert.ok(Math.abs(alpha - published[k]) < 0.00006, `look ${k + 1}: ${alpha}`)
  }
})

test('at 1 % the constants are those of the same tables', () => {
  assert.equal(criticalZ(repeatedAlphas(equal(4), 'pocock', 0.01)[0]).toFixed(3), '2.939')
  const [, , , last] = repeatedAlphas(equal(4), 'obrien-fleming', 0.01)
  assert.equal(criticalZ(last).toFixed(3), '2.609')
})

test('one look spends everything, and only the shares of the last look matter', () => {
  assert.deepEqual(repeatedAlphas([12], 'obrien-fleming'), [0.05])
  assert.deepEqual(repeatedAlphas([12], 'pocock', 0.01), [0.01])
  assert.deepEqual(repeatedAlphas([2, 6], 'pocock'), repeatedAlphas([10, 30], 'pocock'))
})

test('looks that hardly differ cost hardly anything, and looks far apart cost almost two tests', () => {
  const [together] = repeatedAlphas([999, 1000], 'pocock')
  assert.ok(together > 0.048 && together < 0.05, String(together))
  const [apart] = repeatedAlphas([1, 10_000], 'pocock')
  const independent = 1 - Math.sqrt(0.95)
  assert.ok(Math.abs(apart - independent) < 1e-4, String(apart))
})

test('looks that do not ascend, and levels that are none, are refused', () => {
  for (const looks of [[], [8, 8], [16, 8], [0, 8], [-8], [2.5], [Number.NaN]]) {
    assert.throws(() => repeatedAlphas(looks, 'pocock'), RangeError, JSON.stringify(looks))
  }
  for (const alpha of [0, 1, -1, Number.NaN]) {
    assert.throws(() => repeatedAlphas([8], 'pocock', alpha), RangeError, String(alpha))
  }
})

test('the tail of the normal distribution is the published one, where its two formulas meet, too', () => {
  const tails = { 0: 0.5, 1: 0.1586552539, 2: 0.0227501319, 3: 0.0013498980316, 4: 3.16712418e-5 }
  for (const [z, tail] of Object.entries({ ...tails, 6: 9.865876450377e-10 })) {
    assert.ok(Math.abs(normalTail(Number(z)) / tail - 1) < 1e-8, `z = ${z}`)
  }
  assert.ok(Math.abs(normalTail(3 - 1e-12) / normalTail(3) - 1) < 1e-10)
})
