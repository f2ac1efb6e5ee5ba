import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rightScenarios, type wrongScenarios } from './fixtures/send-path-scenarios.ts'
import { explore } from './threads/fixtures/interleavings.ts'

/**
 * In every order of their atomic operations with so many preemptions. A pass of the P2P handler has twice
 * as many as one of push, and four times as many orders with two.
 */
const maxPreemptions = { p2p: 1, push: 2 }
const scenarios = new URL('./fixtures/send-path-scenarios.js', import.meta.url)
const bounded = { timeout: 120_000 }

for (const name of Object.keys(rightScenarios)) {
  const limit = name.includes('p2p') ? maxPreemptions.p2p : maxPreemptions.push
  test(`${name}: all of it goes out once and in order, or it is closed`, bounded, async t => {
    const { count, failure } = await explore(scenarios, name, limit)
    assert.equal(failure, undefined)
    assert.ok(count > 10, `${count} interleavings are no search`)
    t.diagnostic(`${count} interleavings`)
  })
}

const problems = {
  'an optimistic send without the mutex': /something else was sent|messages were sent/,
  'a flag that is read before the lock': /sent on a closed descriptor/,
  'a wake-up before there is something to send': /sleeps for ever/,
} satisfies Record<keyof typeof wrongScenarios, RegExp>

for (const [name, problem] of Object.entries(problems)) {
  test(`${name} is found`, bounded, async () => {
    const { failure } = await explore(scenarios, name, maxPreemptions.push)
    assert.match(failure?.problem ?? '', problem)
  })
}
