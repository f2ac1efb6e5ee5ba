import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hodgesLehmann } from '../../statistics/hodges-lehmann.ts'
import {
  killedProcess,
  measuredLarge,
  measuredLatency,
  syntheticProcess,
  syntheticRecord,
  syntheticRounds,
} from '../fixtures/synthetic-record.ts'
import { roundDifferences } from './round-differences.ts'

const near = (one: number, other: number) => assert.ok(Math.abs(one - other) < 1e-12)

test('the rounds of a comparison are those that its ratio was made of', () => {
  const processes = syntheticRounds(8, { 'virtual-sockman': 1.02, libuv: 0.4 }, { floor: 0.7 })
  const [result] = syntheticRecord(measuredLarge(processes)).scenarios
  const all = roundDifferences(result)
  assert.deepEqual(
    all.map(({ comparison: { kind, backend } }) => `${kind} ${backend}`),
    ['aa direct', 'backend virtual-sockman', 'backend libuv'],
  )
  for (const { comparison, rounds } of all) {
    assert.deepEqual(
      rounds.map(({ round }) => round),
      [0, 1, 2, 3, 4, 5, 6, 7],
    )
    const { estimate } = hodgesLehmann(rounds.map(({ ratio }) => Math.log(ratio)))
    near(estimate, Math.log(comparison.ratio))
  }
})

test('a backend is compared with both twins, and they with each other', () => {
  const round = { round: 0, arm: 'A', backend: 'direct', cost: 1 } as const
  const processes = [
    syntheticProcess(round),
    syntheticProcess({ ...round, arm: "A'", cost: 1.21 }),
    syntheticProcess({ ...round, arm: 'B', backend: 'other', cost: 1.1 }),
  ]
  const [result] = syntheticRecord(measuredLatency(processes)).scenarios
  const [aa, other] = roundDifferences(result).map(({ rounds }) => rounds[0].ratio)
  near(aa, 1.21)
  near(other, 1)
})

test('a round in which somebody did not finish has no difference', () => {
  const processes = syntheticRounds(7, { other: 1.02 }).map(process =>
    process.round === 3 && process.backend === 'other' ? killedProcess(3, 'other', 'B') : process,
  )
  const [result] = syntheticRecord(measuredLarge(processes)).scenarios
  const [aa, other] = roundDifferences(result)
  assert.equal(aa.rounds.length, 7)
  assert.deepEqual(
    other.rounds.map(({ round }) => round),
    [0, 1, 2, 4, 5, 6],
  )
})

test('rounds after the look that counts are not part of a comparison', () => {
  const [result] = syntheticRecord(measuredLarge(syntheticRounds(7, { other: 1.02 }))).scenarios
  const comparisons = result.comparisons.map(one => ({ ...one, rounds: 5 }))
  const [{ rounds }] = roundDifferences({ ...result, comparisons })
  assert.deepEqual(
    rounds.map(({ counts }) => counts),
    [true, true, true, true, true, false, false],
  )
})
