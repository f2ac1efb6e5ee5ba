import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hodgesLehmann } from './hodges-lehmann.ts'
import { concludeSequentially, plannedLooks, type Rounds } from './sequential.ts'
import { pairedTInterval } from './student-t.ts'
import { judge } from './verdict.ts'

const looks = plannedLooks([8, 16, 24, 32], 'obrien-fleming')
const onePercent = 1

/** As many differences around `centre`, all of them distinct, alternating over a spread of `width`. */
function around(centre: number, width: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const step = (((i >> 1) % 8) + 0.5) / 8
    return centre + (i % 2 === 0 ? 1 : -1) * width * (step + i * 1e-6)
  })
}

function conclude(differences: number[], rounds: Rounds = 'over', planned = looks) {
  const found = concludeSequentially(differences, planned, rounds, onePercent)
  assert.ok(found.state === 'estimated', `too few: ${JSON.stringify(found)}`)
  return found
}

test('the first look with a verdict concludes, at its own level, and later rounds are not used', () => {
  const found = conclude([...around(0.05, 0.01, 16), ...around(-9, 1, 16)])
  assert.deepEqual([found.look, found.rounds, found.alpha], [2, 16, looks[1].alpha])
  assert.equal(found.judgement.verdict, 'slower')
  const { low, high } = conclude(around(0.05, 0.01, 16))
  assert.deepEqual([found.low, found.high], [low, high])
})

test('the interval and its cross-check are both drawn at the level of the look', () => {
  const differences = around(0.004, 0.012, 24)
  const found = conclude(differences)
  const { alpha } = looks[2]
  const expected = hodgesLehmann(differences, alpha)
  assert.ok(expected.state === 'estimated')
  assert.deepEqual([found.low, found.high], [expected.low, expected.high])
  const crossCheck = pairedTInterval(differences, alpha)
  assert.deepEqual(found.judgement, judge(expected, crossCheck, onePercent))
})

test('a cross-check at 5 % would have disagreed: the look’s own level is used for it', () => {
  // One far outlier: Student's interval is the wider one.
  const differences = [...Array.from({ length: 15 }, (_, i) => 0.02 + i / 1000), 0.3]
  const [, { alpha }] = looks
  assert.ok(pairedTInterval(differences).low > 0)
  assert.ok(pairedTInterval(differences, alpha).low < 0)
  const { verdict, ...rest } = conclude(differences, 'to-come').judgement
  assert.equal(verdict, 'inconclusive')
  assert.deepEqual(rest, { withinMargin: false, reason: 'tail' })
})

test('without a verdict, the last look that took place is shown', () => {
  const found = conclude(around(0, 0.05, 30), 'to-come')
  assert.deepEqual([found.look, found.rounds, found.alpha], [3, 24, looks[2].alpha])
  assert.equal(found.judgement.verdict, 'inconclusive')
})

test('when the rounds are over, the next look is taken early with all differences', () => {
  const cut = conclude(around(0, 0.05, 20))
  assert.deepEqual([cut.look, cut.rounds, cut.alpha], [3, 20, looks[2].alpha])
  const failedRounds = conclude(around(0, 0.05, 31))
  assert.deepEqual([failedRounds.look, failedRounds.rounds], [4, 31])
  const exactly = conclude(around(0, 0.05, 24))
  assert.deepEqual([exactly.look, exactly.rounds], [3, 24])
})

test('nothing beyond the last planned look is used', () => {
  const all = conclude(around(0, 0.05, 40))
  assert.deepEqual(all, conclude(around(0, 0.05, 32)))
  assert.deepEqual([all.look, all.rounds], [4, 32])
})

test('between looks, nothing is concluded while rounds are still to come', () => {
  const early = concludeSequentially(around(0.05, 0.01, 15), looks, 'to-come', onePercent)
  assert.equal(early.state, 'too-few')
  assert.equal(conclude(around(0.05, 0.01, 15)).judgement.verdict, 'slower')
})

test('O’Brien and Fleming’s first level is out of reach of eight ranks', () => {
  const eight = concludeSequentially(around(0.05, 0.01, 8), looks, 'over', onePercent)
  const { estimate } = hodgesLehmann(around(0.05, 0.01, 8))
  assert.deepEqual(eight, { state: 'too-few', estimate, needed: 9 })
  assert.equal(conclude(around(0.05, 0.01, 9)).look, 2)
  const two = plannedLooks([8, 16], 'obrien-fleming')
  const three = concludeSequentially([1, 2, 3], two, 'over', onePercent)
  assert.deepEqual(three, { state: 'too-few', estimate: 2, needed: 9 })
  const pocock = plannedLooks([8, 16], 'pocock')
  assert.equal(conclude(around(0.05, 0.01, 8), 'to-come', pocock).look, 1)
})

test('a single look is the plain interval of all differences, however many are missing', () => {
  const single = plannedLooks([16], 'obrien-fleming')
  for (const count of [6, 11, 16]) {
    const differences = around(0.01, 0.02, count)
    const found = conclude(differences, 'over', single)
    const expected = hodgesLehmann(differences)
    assert.ok(expected.state === 'estimated')
    assert.deepEqual([found.low, found.high], [expected.low, expected.high])
    assert.deepEqual([found.look, found.alpha, found.rounds], [1, 0.05, count])
  }
  const five = concludeSequentially(around(0.01, 0.02, 5), single, 'over', onePercent)
  assert.ok(five.state === 'too-few' && five.needed === 6)
  const short = concludeSequentially([0.5], plannedLooks([4], 'pocock'), 'over', onePercent)
  assert.deepEqual(short, { state: 'too-few', estimate: 0.5, needed: 6 })
})

test('zero variance concludes at the first look that can', () => {
  assert.equal(conclude(Array(32).fill(0)).judgement.verdict, 'equivalent')
  const slower = conclude(Array(32).fill(0.5))
  assert.deepEqual([slower.judgement.verdict, slower.low, slower.high], ['slower', 0.5, 0.5])
  assert.equal(slower.look, 2)
})

test('without a difference there is nothing to conclude from', () => {
  assert.throws(() => concludeSequentially([], looks, 'over', onePercent), RangeError)
})
