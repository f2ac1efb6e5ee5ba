import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backends } from '../../implementations/registry.ts'
import { conformFairness } from './fairness.ts'
import { withServer } from './local-server.ts'

const bounded = { timeout: 120_000 }
/** By order alone: how long it takes is the machine's affair. `sockbench conform` sends ten times as much. */
const flood = { messages: 8, limitMs: Number.POSITIVE_INFINITY }

for (const { name, protocols } of backends) {
  if (protocols.p2p === undefined) continue
  test(`${name}: while a peer sends 32 MB of junk, another is answered`, bounded, async t => {
    const { problem, conversation } = await withServer(name, 'p2p', '', at =>
      conformFairness(at, flood),
    )
    t.diagnostic(conversation)
    assert.equal(problem, undefined, conversation)
  })
}
