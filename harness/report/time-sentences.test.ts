import assert from 'node:assert/strict'
import { test } from 'node:test'
import { histogramOf, steady } from '../fixtures/latency.ts'
import type { Comparison, Schedule } from '../record.ts'
import {
  measuredLarge,
  measuredLatency,
  syntheticProcess,
  syntheticRecord,
  syntheticRounds,
} from './fixtures/synthetic-record.ts'
import { reportModel } from './model.ts'
import { timeSentences } from './time-sentences.ts'

const [result] = syntheticRecord(measuredLarge(syntheticRounds(8, { other: 1 }))).scenarios

/** Of 8 rounds that took 80 s, with these comparisons. */
function offersFor(...undecided: Partial<Comparison>[]): string[] {
  const comparison = result.comparisons.find(({ kind }) => kind === 'backend')
  assert.ok(comparison !== undefined)
  const comparisons = undecided.map(one => ({ ...comparison, ...one }))
  return timeSentences({ ...result, durationMs: 80_000, comparisons })
}

function looksOf(rounds: number, looks: number[], boundary: Schedule['boundary']): string[] {
  const processes = syntheticRounds(rounds, {})
  return timeSentences({ ...result, processes, schedule: { looks, boundary }, comparisons: [] })
}

test('an undecided metric is told how many rounds, and minutes, would see the margin', () => {
  const open = { verdict: 'inconclusive', roundsNeeded: 24 } as const
  const start = 'to see 1 % nine times in ten takes for'
  const offer = (rounds: number, time: string) =>
    `some ${rounds} rounds of this spread (${time} in all)`
  assert.deepEqual(offersFor(open), [`${start} CPU ${offer(24, '4:00')}`])
  assert.deepEqual(
    offersFor(
      { ...open, metric: 'wall', roundsNeeded: 12 },
      { ...open, metric: 'wall', roundsNeeded: 30 },
      { ...open, metric: 'latencyP50' },
      { ...open, roundsNeeded: 80 },
    ),
    [
      `${start} CPU ${offer(80, '13:20')}; for wall time ${offer(30, '5:00')}; ` +
        `for latency p50 ${offer(24, '4:00')}`,
    ],
  )
})

test('more than ten times as long is no offer', () => {
  const open = { verdict: 'inconclusive', roundsNeeded: 81 } as const
  assert.deepEqual(offersFor(open), [
    'to see 1 % nine times in ten takes for CPU more than ten times as long',
  ])
  assert.deepEqual(
    offersFor(
      { ...open, metric: 'latencyP99', roundsNeeded: 40_000 },
      { ...open, metric: 'latencyP50' },
      { ...open, roundsNeeded: 24 },
    ),
    [
      'to see 1 % nine times in ten takes for CPU some 24 rounds of this spread (4:00 in all); ' +
        'for latency p50 and latency p99 more than ten times as long',
    ],
  )
})

test('more time is not offered where it buys nothing', () => {
  const none: Partial<Comparison>[] = [
    { verdict: 'slower', roundsNeeded: 24 },
    { verdict: 'inconclusive', roundsNeeded: 8 },
    { verdict: 'inconclusive', roundsNeeded: null },
    { verdict: 'inconclusive', roundsNeeded: 24, kind: 'aa' },
    { verdict: 'inconclusive', roundsNeeded: 24, low: null, high: null },
  ]
  for (const comparison of none) assert.deepEqual(offersFor(comparison), [])
})

test('a run that could be looked at more than once says when it was', () => {
  const pocock = 'Pocock: all intervals of the looks hold together'
  const looks = [8, 16, 24, 32]
  assert.deepEqual(looksOf(8, [8], 'pocock'), [])
  assert.deepEqual(looksOf(8, looks, 'pocock'), [
    `8 of up to 32 rounds, looked at after 8 (${pocock})`,
  ])
  assert.deepEqual(looksOf(24, looks, 'pocock'), [
    `24 of up to 32 rounds, looked at after 8, 16 and 24 (${pocock})`,
  ])
})

test('where a run ended between looks, the next look was taken there', () => {
  const [first] = looksOf(7, [8, 16], 'pocock')
  assert.match(first, /^7 of up to 16 rounds, looked at after 7, where it ended \(/)
  const [third] = looksOf(20, [8, 16, 24, 32], 'pocock')
  assert.match(third, /^20 of up to 32 rounds, looked at after 8, 16 and 20, where it ended \(/)
})

test('a look at a level that so few rounds cannot reach was none', () => {
  const together = 'O’Brien–Fleming: all intervals of the looks hold together'
  const tooFew = '8 rounds are too few for the first look’s level'
  const looks = [8, 16, 24, 32]
  assert.deepEqual(looksOf(8, looks, 'obrien-fleming'), [
    `8 of up to 32 rounds, not looked at yet (${together}; ${tooFew})`,
  ])
  assert.deepEqual(looksOf(20, looks, 'obrien-fleming'), [
    `20 of up to 32 rounds, looked at after 16 and 20, where it ended (${together}; ${tooFew})`,
  ])
  const [both] = looksOf(8, [3, 4, 8], 'pocock')
  assert.match(
    both,
    /looked at after 8 \(Pocock.*; 3 and 4 rounds are too few for the first looks’ levels\)$/,
  )
})

/** Two backends, of which one needs 2 % more and less by turns; latencies differ by 20 %. */
function noisyLatencies(lag: 'paced' | 'closed loop') {
  const histogram = (us: number) => histogramOf(steady(us * 1000, 2000))
  const latencyOf = (us: number) => ({
    histogram: histogram(us),
    lag: lag === 'paced' ? { of: 'subject' as const, histogram: histogram(1) } : null,
  })
  return measuredLatency(
    Array.from({ length: 8 }, (_, round) => {
      const sign = round % 2 === 0 ? 1 : -1
      return [
        syntheticProcess({ round, backend: 'direct', arm: 'A', cost: 1, latency: latencyOf(100) }),
        syntheticProcess({
          round,
          backend: 'other',
          arm: 'B',
          cost: 1 + 0.02 * sign,
          latency: latencyOf(100 + 20 * sign),
        }),
      ]
    }).flat(),
  )
}

test('reports say it of each send mode of pushes, and of latencies without the wall time', () => {
  const offersIn = (measured: ReturnType<typeof measuredLatency>) =>
    reportModel(syntheticRecord(measured), 'record.json').sections[0].sentences.filter(sentence =>
      sentence.includes('nine times in ten'),
    )
  const offer =
    /to see 1 % nine times in ten takes for CPU some \d\d rounds .*; for latency p50 and latency p99 more than ten times as long$/
  const push = offersIn(noisyLatencies('paced'))
  const http = offersIn({ ...noisyLatencies('closed loop'), scenario: 'http' })
  assert.deepEqual([push.length, http.length], [1, 1])
  assert.match(push[0], new RegExp(`^optimistic: ${offer.source}`))
  assert.match(http[0], new RegExp(`^${offer.source}`))
})
