import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCpuProfile, sampledIn } from './cpu-profile.ts'
import { syntheticProfile } from './fixtures/synthetic-turns.ts'

const profile = syntheticProfile({ 'run@a.js': 3, 'run@a.js > recv@b.js': 4, '(idle)': 3 })

test('stacks run from the outermost function inwards, with their samples', () => {
  const { stacks, periodUs } = sampledIn(profile, [{ fromUs: 0, toUs: 1e9 }])
  const named = stacks.map(({ frames, samples }) => [
    frames.map(({ functionName }) => functionName).join(' > '),
    samples,
  ])
  assert.deepEqual(named, [
    ['run', 3],
    ['run > recv', 4],
    ['(idle)', 3],
  ])
  assert.equal(periodUs, 1000)
})

test('samples outside of the measured windows do not count', () => {
  // Samples are taken at 1, 2, … 10 ms.
  const windows = [
    { fromUs: 2_500, toUs: 4_500 },
    { fromUs: 9_000, toUs: 9_000 },
  ]
  const { stacks } = sampledIn(profile, windows)
  assert.deepEqual(
    stacks.map(({ samples }) => samples),
    [1, 1, 1],
  )
  assert.deepEqual(sampledIn(profile, []).stacks, [])
})

test('what is no profile is refused', () => {
  assert.throws(() => parseCpuProfile('{"nodes":[]}'), /nodes/)
})
