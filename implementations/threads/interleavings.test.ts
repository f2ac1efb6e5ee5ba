import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore } from './fixtures/interleavings.ts'

const scenarios = new URL('./fixtures/interleaved-scenarios.js', import.meta.url)
const bounded = { timeout: 60_000 }

/** With how many preemptions at most; all interleavings where nothing is said. */
const rightScenarios = {
  'mutex, two threads': 4,
  'mutex, three threads': 3,
  'wake-up': undefined,
  'work queue, one worker': 4,
  'work queue, two workers': 2,
  'receive queue, over its limit twice': 4,
  'a request that is awaited, and answered': undefined,
} as const

for (const [name, maxPreemptions] of Object.entries(rightScenarios)) {
  test(`${name}: nothing is lost and nobody sleeps for ever, in any order`, bounded, async t => {
    const { count, failure } = await explore(scenarios, name, maxPreemptions)
    assert.equal(failure, undefined)
    assert.ok(count > 50, `${count} interleavings are no search`)
    t.diagnostic(`${count} interleavings`)
  })
}

test('a wake-up that is lost in one order only is found', bounded, async () => {
  const { failure } = await explore(scenarios, 'wrong: sleeps without looking again')
  assert.match(failure?.problem ?? '', /sleeps for ever/)
})

test('a flag that is set after the buffer was drained is found', bounded, async () => {
  const { failure } = await explore(
    scenarios,
    'wrong: a flag that is set after the buffer was drained',
  )
  assert.equal(failure?.problem, 'data, and no flag')
})

test('what a thread throws is told', bounded, async () => {
  const { failure } = await explore(scenarios, 'wrong: a thread that throws')
  assert.match(failure?.problem ?? '', /^thread 1 threw: Error: no room for what was pushed\n +at /)
})
