import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { planOf } from './commands/run-plan.ts'
import type { Measurement, Plan } from './plan.ts'
import { type Shard, shard, shardOf, shardOfPlan, shardText } from './shard.ts'

const plan: Plan = planOf({
  scenario: ['ibd', 'http', 'push', 'dispatch'],
  margin: 1,
  seed: 7,
  set: [],
  boundary: 'obrien-fleming',
})
const all = plan.measurements
const shards = (of: number): Shard[] =>
  Array.from({ length: of }, (_, i) => ({ number: i + 1, of }))
const withRounds = (...rounds: number[]): Measurement[] =>
  rounds.map(n => ({ ...all[0], schedule: { ...all[0].schedule, looks: [n] } }))

test('i/n is read, and printed again', () => {
  assert.deepEqual(shard('2/4'), { number: 2, of: 4 })
  assert.equal(shardText({ number: 2, of: 4 }), '2/4')
  for (const text of ['', '2', '0/4', '5/4', '1/0', '-1/4', '1/4/4', '1.5/4', '1/1000', ' 1/4']) {
    assert.throws(() => shard(text), /give a shard and how many there are, as in 2\/4/, text)
  }
})

test('the shards together have everything exactly once, each in the order of the plan', () => {
  assert.ok(all.length > 5)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3 * all.length }), of => {
      const parts = shards(of).map(part => shardOf(all, part))
      const dealt = parts.flat()
      assert.equal(dealt.length, all.length)
      assert.deepEqual(new Set(dealt), new Set(all))
      for (const part of parts) {
        const places = part.map(measurement => all.indexOf(measurement))
        assert.deepEqual(
          places,
          places.toSorted((one, other) => one - other),
        )
      }
    }),
  )
})

test('the longest are dealt first, each to the shard with least to do', () => {
  const measurements = withRounds(8, 8, 16, 32, 8)
  const places = (part: Shard) => shardOf(measurements, part).map(m => measurements.indexOf(m))
  assert.deepEqual(shards(2).map(places), [
    [3, 4],
    [0, 1, 2],
  ])
})

test('more shards than measurements leave some with nothing', () => {
  assert.deepEqual(shardOf(withRounds(8), { number: 2, of: 2 }), [])
})

test('dispatch and what was left out belong to the first shard', () => {
  const leftOut = [all[0].workload]
  const [first, second] = shards(2).map(part => shardOfPlan({ ...plan, leftOut }, part))
  assert.ok(plan.dispatchRounds > 0)
  assert.deepEqual([first.dispatchRounds, first.leftOut], [plan.dispatchRounds, leftOut])
  assert.deepEqual([second.dispatchRounds, second.leftOut], [0, []])
  assert.deepEqual([...first.measurements, ...second.measurements].length, plan.measurements.length)
})
