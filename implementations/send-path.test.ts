import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PEER_ENDS, rightScenarios, type wrongScenarios } from './fixtures/send-path-scenarios.ts'
import { sendPathScenarios, testSendPaths } from './fixtures/test-send-path.ts'
import { candidates } from './registry.ts'
import { explore } from './threads/fixtures/interleavings.ts'

const TIMEOUT_MS = 120_000

/** That a socket is closed under its mutex shows in no order with one; of a push there are few with two. */
const withTwo = Object.keys(rightScenarios).filter(name => name.endsWith(`push: ${PEER_ENDS}`))
assert.equal(withTwo.length, candidates.length)
testSendPaths(name => (withTwo.includes(name) ? 2 : 1), TIMEOUT_MS)

const problems = {
  'an optimistic send without the mutex': /something else was sent|messages were sent/,
  'a flag that is read before the lock': /sent on a closed descriptor/,
  'a wake-up before there is something to send': /sleeps for ever/,
} satisfies Record<keyof typeof wrongScenarios, RegExp>

for (const [name, problem] of Object.entries(problems)) {
  test(`${name} is found`, { timeout: TIMEOUT_MS }, async () => {
    const { failure } = await explore(sendPathScenarios, name, 1)
    assert.match(failure?.problem ?? '', problem)
  })
}
