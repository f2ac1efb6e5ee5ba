import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { failingRegressions, failureText, type Seam, shrunk, simulateSeed } from './seeds.ts'

const { path: chainFile } = testChainFile()

const FIRST_SEED = 1
/**
 * What a consumer of SockMan does by itself shows in few; wallets' are not run, and it meets errors of recv
 * and send alone.
 */
const amounts: Record<Seam, { seeds: number; run: number; kindsOfFaults: number }> = {
  sock: { seeds: 2_000, run: 2_000, kindsOfFaults: 70 },
  sockman: { seeds: 500, run: 375, kindsOfFaults: 20 },
}

for (const seam of ['sock', 'sockman'] as const) {
  const { seeds, run, kindsOfFaults } = amounts[seam]

  test(`${seam}: no bug that was found before is back`, () => {
    assert.deepEqual(failingRegressions(chainFile, seam), [])
  })

  test(`${seam}: ${seeds} schedules: nothing wrong, and backends do the same`, () => {
    const injected = new Set<string>()
    let ran = 0
    for (let seed = FIRST_SEED; seed < FIRST_SEED + seeds; seed++) {
      const found = simulateSeed(seed, chainFile, seam)
      if (found === undefined) continue
      ran++
      for (const kind of found.injected.keys()) injected.add(kind)
      if (found.problems.length > 0) {
        assert.fail(failureText(found, seam, shrunk(seed, chainFile, seam)))
      }
    }
    assert.equal(ran, run)
    const kinds = [...injected].join(', ')
    assert.ok(injected.size > kindsOfFaults, `only ${injected.size} kinds of faults: ${kinds}`)
  })
}
