import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gateColour, judge } from './verdict.ts'

const onePercent = 1
const verdict = (low: number, high: number) => judge({ low, high }, { low, high }, onePercent)

test('the interval decides', () => {
  assert.deepEqual(verdict(0.02, 0.04), { verdict: 'slower', withinMargin: false })
  assert.deepEqual(verdict(-0.04, -0.02), { verdict: 'faster', withinMargin: false })
  assert.deepEqual(verdict(-0.004, 0.006), { verdict: 'equivalent', withinMargin: true })
  assert.deepEqual(verdict(-0.004, 0.02), { verdict: 'inconclusive', withinMargin: false })
  assert.deepEqual(verdict(-0.02, 0.02), { verdict: 'inconclusive', withinMargin: false })
})

test('slower or faster within the margin says both', () => {
  assert.deepEqual(verdict(0.001, 0.005), { verdict: 'slower', withinMargin: true })
  assert.deepEqual(verdict(-0.005, -0.001), { verdict: 'faster', withinMargin: true })
})

test('the margin is ln(1 + x/100), and touching it is not inside', () => {
  const margin = Math.log1p(0.01)
  assert.equal(verdict(-0.001, margin).verdict, 'inconclusive')
  assert.equal(verdict(-margin, 0.001).verdict, 'inconclusive')
  assert.equal(verdict(-0.001, margin - 1e-9).verdict, 'equivalent')
})

test('an interval that touches 0 is neither slower nor faster', () => {
  assert.equal(verdict(0, 0.02).verdict, 'inconclusive')
  assert.equal(verdict(-0.02, 0).verdict, 'inconclusive')
  assert.equal(verdict(0, 0).verdict, 'equivalent')
})

test('a cross-check that concludes something else leaves it open, for the tail', () => {
  const found = judge({ low: 0.001, high: 0.03 }, { low: -0.001, high: 0.05 }, onePercent)
  assert.deepEqual(found, { verdict: 'inconclusive', withinMargin: false, reason: 'tail' })
})

test('swapping the arms swaps slower and faster, and leaves the rest', () => {
  const swapped = { slower: 'faster', faster: 'slower' } as Record<string, string>
  const bound = fc.double({ min: -0.05, max: 0.05, noNaN: true })
  fc.assert(
    fc.property(bound, bound, (x, y) => {
      const [low, high] = x < y ? [x, y] : [y, x]
      const there = verdict(low, high)
      const back = verdict(-high, -low)
      assert.equal(back.verdict, swapped[there.verdict] ?? there.verdict)
      assert.equal(back.withinMargin, there.withinMargin)
    }),
  )
})

test('a gate is red when the cost surely rose by more than is tolerated, green when it did not', () => {
  assert.equal(gateColour({ low: 0.011, high: 0.03 }, onePercent), 'red')
  assert.equal(gateColour({ low: 0.002, high: 0.009 }, onePercent), 'green')
  assert.equal(gateColour({ low: -0.3, high: -0.1 }, onePercent), 'green')
  assert.equal(gateColour({ low: 0.002, high: 0.02 }, onePercent), 'neutral')
  assert.equal(gateColour({ low: -0.02, high: 0.02 }, onePercent), 'neutral')
})

test('touching what a gate tolerates decides nothing', () => {
  const tolerated = Math.log1p(0.01)
  assert.equal(gateColour({ low: tolerated, high: 0.03 }, onePercent), 'neutral')
  assert.equal(gateColour({ low: -0.01, high: tolerated }, onePercent), 'neutral')
})

test('a gate may tolerate nothing, but not less', () => {
  assert.equal(gateColour({ low: 0.001, high: 0.002 }, 0), 'red')
  assert.equal(gateColour({ low: -0.002, high: -0.001 }, 0), 'green')
  assert.equal(gateColour({ low: 0, high: 0 }, 0), 'neutral')
  assert.throws(() => gateColour({ low: 0, high: 0 }, -1), RangeError)
  assert.throws(() => gateColour({ low: 0, high: 0 }, Number.NaN), RangeError)
})
