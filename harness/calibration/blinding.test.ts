import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dosesOf } from './blinding.ts'

const indices = Array.from({ length: 30 }, (_, i) => i + 1)
const ascending = (doses: readonly number[]) => [...doses].sort((one, other) => one - other)

test('every experiment has 0 %, 1 % and one more dose, which take turns', () => {
  const experiments = indices.map(index => ascending(dosesOf(7, index)))
  for (const doses of experiments) {
    assert.equal(doses.length, 3)
    assert.equal(doses[0], 0)
    assert.ok(doses.includes(1))
  }
  const third = experiments.map(doses => doses.find(dose => ![0, 1].includes(dose)))
  for (let block = 0; block < 30; block += 3) {
    assert.deepEqual(ascending(third.slice(block, block + 3).map(Number)), [0.5, 2, 4])
  }
})

test('the key is drawn from the seed: the same again, another with another, and in every order', () => {
  const keys = (seed: number) => indices.map(index => dosesOf(seed, index).join())
  assert.deepEqual(keys(7), keys(7))
  assert.notDeepEqual(keys(7), keys(8))
  const places = new Set(indices.map(index => dosesOf(7, index).indexOf(1)))
  assert.deepEqual(places, new Set([0, 1, 2]))
})
