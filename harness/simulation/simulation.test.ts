import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { failingRegressions, failureText, type Seam, shrunk, simulateSeed } from './seeds.ts'

const { path: chainFile } = testChainFile()

const FIRST_SEED = 1
/** What a consumer of SockMan does by itself shows in few; and it meets errors of recv and send alone. */
const amounts: Record<Seam, { seeds: number; kindsOfFaults: number }> = {
  sock: { seeds: 2_000, kindsOfFaults: 70 },
  sockman: { seeds: 500, kindsOfFaults: 20 },
}

for (const seam of ['sock', 'sockman'] as const) {
  const { seeds, kindsOfFaults } = amounts[seam]

  test(`${seam}: no bug that was found before is back`, () => {
    assert.deepEqual(failingRegressions(chainFile, seam), [])
  })

  test(`${seam}: ${seeds} schedules: nothing wrong, and backends do the same`, () => {
    const injected = new Set<string>()
    for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
      const found = simulateSeed(seed, chainFile, seam)
      for (const kind of found.injected.keys()) injected.add(kind)
      if (found.problems.length > 0) {
        assert.fail(failureText(found, seam, shrunk(seed, chainFile, seam)))
      }
    }
    const kinds = [...injected].join(', ')
    assert.ok(injected.size > kindsOfFaults, `only ${injected.size} kinds of faults: ${kinds}`)
  })
}
