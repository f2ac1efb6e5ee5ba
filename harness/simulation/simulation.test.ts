import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testChainFile } from '../../implementations/node/http/fixtures/test-chain-file.ts'
import { failingRegressions, failureText, shrunk, simulateSeed } from './seeds.ts'

const { path: chainFile } = testChainFile()

const FIRST_SEED = 1
const SEEDS = 2_000

test('no bug that was found before is back', () => {
  assert.deepEqual(failingRegressions(chainFile), [])
})

test(`${SEEDS} schedules: the backends do the same, and nothing wrong`, () => {
  const injected = new Set<string>()
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const found = simulateSeed(seed, chainFile)
    for (const kind of found.injected.keys()) injected.add(kind)
    if (found.problems.length > 0) assert.fail(failureText(found, shrunk(seed, chainFile)))
  }
  assert.ok(
    injected.size > 70,
    `only ${injected.size} kinds of faults: ${[...injected].join(', ')}`,
  )
})
