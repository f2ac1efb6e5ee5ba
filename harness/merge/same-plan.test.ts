import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSamePlan } from './same-plan.ts'

/** Stored as `a`, `b` and so on, with these values. */
function check(...all: Record<string, string | number | string[] | null>[]): void {
  assertSamePlan(
    all.map((values, i) => ({
      path: 'abc'[i],
      content: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [name, { value, source: 'flag' as const }]),
      ),
    })),
  )
}

test('options that decide what is measured are the same in all', () => {
  check()
  check({ rounds: 8, scenario: ['ibd'] }, { scenario: ['ibd'], rounds: 8 })
  assert.throws(
    () => check({ rounds: 8, set: [] }, { rounds: 8, set: [] }, { rounds: 9, set: ['a=b'] }),
    {
      name: 'RecordError',
      message: /^a and c are of different plans, they differ in rounds, set: [^\n]+$/,
    },
  )
  assert.throws(() => check({}, { margin: 1 }), /differ in margin:/)
  assert.throws(() => check({ margin: 1 }, {}), /differ in margin:/)
})

test('what each machine has of its own may differ, and so may who set an option', () => {
  check(
    { shard: '1/2', seed: 1, out: 'a', md: null, quiet: 'no' },
    { shard: '2/2', seed: 2, out: 'b' },
  )
  const value = 8
  assertSamePlan([
    { path: 'a', content: { rounds: { value, source: 'flag' } } },
    { path: 'b', content: { rounds: { value, source: 'file' } } },
  ])
})
