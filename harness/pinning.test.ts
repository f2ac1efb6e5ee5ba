import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePinning, sharedCoreWarning } from './pinning.ts'

const pairs = (cpu: number) => (cpu < 2 ? [0, 1] : [2, 3])

test('driver and subject get different cores where there are two', () => {
  assert.deepEqual(choosePinning([0, 1, 2, 3], pairs), { driver: [0], subject: [2] })
  assert.deepEqual(
    choosePinning([4, 7], cpu => [cpu]),
    { driver: [4], subject: [7] },
  )
})

test('two threads of one core are used when there is nothing else, with a warning', () => {
  const pinning = choosePinning([0, 1], pairs)
  assert.deepEqual(pinning, { driver: [0], subject: [1] })
  assert.match(sharedCoreWarning(pinning, pairs) ?? '', /CPUs 0 .* and 1 .* threads of one core/)
  assert.equal(sharedCoreWarning({ driver: [0], subject: [2] }, pairs), undefined)
})

test('one CPU cannot be divided', () => {
  assert.equal(choosePinning([3], pairs), null)
  assert.match(sharedCoreWarning(null, pairs) ?? '', /share the one CPU/)
})
