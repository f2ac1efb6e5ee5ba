import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killedProcess, syntheticProcess } from '../fixtures/synthetic-record.ts'
import { sliceCostsOf } from './slice-costs.ts'

const subject = { backend: 'direct', arm: 'A', cost: 2 } as const

test('each slice, in the order in which they ran, against the median slice of its subject', () => {
  const processes = [
    syntheticProcess({ ...subject, round: 0, sliceFactors: [1.5, 1] }),
    syntheticProcess({ ...subject, round: 1, sliceFactors: [1, 0.8] }),
    killedProcess(2, 'direct', 'A'),
  ]
  const [{ dots, slices, name, median, metricUnit }] = sliceCostsOf(
    { processes, unit: 'GB' },
    1_500,
  )
  assert.deepEqual([name, median, metricUnit], ['direct', 2, 's/GB'])
  assert.equal(slices, 4)
  assert.deepEqual(
    dots.map(({ round, position, ratio }) => [round, position, Number(ratio.toFixed(9))]),
    [
      [0, 0.25, 1.5],
      [0, 0.75, 1],
      [1, 0.25, 1],
      [1, 0.75, 0.8],
    ],
  )
})

test('many slices are thinned out evenly and always alike, and outliers stay', () => {
  const sliceFactors = Array.from({ length: 1000 }, (_, i) => (i === 501 ? 9 : 1))
  const processes = [0, 1].map(round => syntheticProcess({ ...subject, round, sliceFactors }))
  const thinned = () => sliceCostsOf({ processes, unit: 'GB' }, 100)
  const [{ dots, slices }] = thinned()
  assert.equal(slices, 2000)
  const usual = dots.filter(({ ratio }) => ratio === 1)
  assert.equal(usual.length, 100)
  assert.deepEqual(
    [...new Set(usual.map(({ position }) => Math.round(position * 1000 - 0.5) % 20))],
    [0],
  )
  assert.equal(dots.length - usual.length, 2)
  assert.deepEqual(thinned(), thinned())
})

test('what is said of the slices is said of all, however few are drawn', () => {
  const sliceFactors = Array.from({ length: 1000 }, (_, i) => (i % 50 === 0 ? 9 : 1))
  const processes = [syntheticProcess({ ...subject, round: 0, sliceFactors })]
  const [{ spread, dots }] = sliceCostsOf({ processes, unit: 'GB' }, 10)
  assert.ok(dots.length < 100)
  assert.deepEqual(spread, { low: 1, high: 1, largest: 9 })
})

test('more outliers than anybody could look at are thinned out, too', () => {
  const sliceFactors = Array.from({ length: 3000 }, (_, i) => (i % 3 === 0 ? 9 : 1))
  const processes = [syntheticProcess({ ...subject, round: 0, sliceFactors })]
  const [{ dots }] = sliceCostsOf({ processes, unit: 'GB' }, 100)
  assert.ok(dots.length <= 200)
})

test('who never finished has no slices', () => {
  const processes = [killedProcess(0, 'direct', 'A')]
  assert.deepEqual(sliceCostsOf({ processes, unit: 'GB' }, 1_500), [])
})
