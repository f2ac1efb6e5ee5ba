import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Comparison } from '../record.ts'
import { measuredLarge, syntheticRecord, syntheticRounds } from './fixtures/synthetic-record.ts'
import { timeSentences } from './time-sentences.ts'

const [result] = syntheticRecord(measuredLarge(syntheticRounds(8, { other: 1 }))).scenarios

function sentencesOf(
  undecided: Partial<Comparison>,
  looks = [8],
  boundary: 'obrien-fleming' | 'pocock' = 'pocock',
): string[] {
  const comparison = result.comparisons.find(({ kind }) => kind === 'backend')
  assert.ok(comparison !== undefined)
  const comparisons = [{ ...comparison, ...undecided }]
  const schedule = { looks, boundary }
  return timeSentences({ ...result, schedule, durationMs: 80_000, comparisons })
}

test('an undecided comparison of CPU is told how many rounds, and minutes, would see the margin', () => {
  assert.deepEqual(sentencesOf({ verdict: 'inconclusive', roundsNeeded: 24 }), [
    'to see 1 % of CPU nine times in ten takes some 24 rounds of this spread, 4:00 in all',
  ])
})

test('more time is not offered where it buys nothing', () => {
  const none: Partial<Comparison>[] = [
    { verdict: 'slower', roundsNeeded: 24 },
    { verdict: 'inconclusive', roundsNeeded: 8 },
    { verdict: 'inconclusive', roundsNeeded: null },
    { verdict: 'inconclusive', roundsNeeded: 24, metric: 'wall' },
    { verdict: 'inconclusive', roundsNeeded: 24, kind: 'aa' },
  ]
  for (const comparison of none) assert.deepEqual(sentencesOf(comparison), [])
})

test('a run that could be looked at more than once says when it was', () => {
  const decided = { verdict: 'slower', roundsNeeded: 24 } as const
  assert.deepEqual(sentencesOf(decided, [4, 8, 12]), [
    '8 of up to 12 rounds, looked at after 4, 8 (Pocock: all intervals of the looks hold together)',
  ])
  const [early] = sentencesOf(decided, [12, 16], 'obrien-fleming')
  assert.match(early, /^8 of up to 16 rounds, not looked at yet \(O’Brien–Fleming/)
})
