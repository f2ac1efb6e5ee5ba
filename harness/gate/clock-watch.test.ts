import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchClock } from './clock-watch.ts'

function watched(wallMs: number, monotonicMs: number): string[] {
  const now = { wall: 1e12, monotonic: 500 }
  const end = watchClock({ wallMs: () => now.wall, monotonicMs: () => now.monotonic })
  now.wall += wallMs
  now.monotonic += monotonicMs
  return end()
}

test('a clock that goes as time does is not mentioned', () => {
  assert.deepEqual(watched(600_000, 600_000), [])
  assert.deepEqual(watched(600_900, 600_000), [])
})

test('a clock that was set is a warning that says by how much', () => {
  assert.match(watched(3_605_000, 5_000)[0], /set forward by 3600\.0 s/)
  assert.match(watched(1_000, 5_000)[0], /set back by 4\.0 s/)
})
