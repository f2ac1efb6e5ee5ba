import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScenarioResult } from '../record.ts'
import {
  measuredLarge,
  syntheticRecord,
  syntheticRounds,
} from '../report/fixtures/synthetic-record.ts'
import { machineFactor } from './machine-factor.ts'

/** One machine's results: the backend's true cost as a ratio to the reference. */
function measuredOn(source: number, cost: number, rounds = 8, noisePercent = 0.2): ScenarioResult {
  const processes = syntheticRounds(rounds, { 'virtual-sockman': cost }, { noisePercent })
  const [result] = syntheticRecord(measuredLarge(processes)).scenarios
  return { ...result, source }
}

const disagreements = (...results: ScenarioResult[]) =>
  machineFactor([results]).filter(line => line.startsWith('machines disagree: '))

test('a ratio that differs by more than the margin is named with its figures on each machine', () => {
  const lines = machineFactor([[measuredOn(0, 1.01), measuredOn(1, 1.04)]])
  const [cpu] = lines
  assert.match(
    cpu,
    /^machines disagree: ibd \(large, 1 peer\), cpu of virtual-sockman against direct: \+1\.0 % \[.*\] on machine 1, \+4\.0 % \[.*\] on machine 2$/,
  )
  assert.match(lines[lines.length - 1], /^machines: .*; of 2 comparisons, found to differ: 2$/)
})

test('one machine of three is enough', () => {
  const lines = disagreements(measuredOn(0, 1.01), measuredOn(2, 1.01), measuredOn(4, 1.06))
  assert.match(lines[0], /on machine 1, .* on machine 3, \+6.* on machine 5$/)
})

test('alike machines: nothing differs, and the results stay apart all the same', () => {
  assert.deepEqual(machineFactor([[measuredOn(0, 1.02), measuredOn(1, 1.02)]]), [
    'machines: ibd (large, 1 peer) ran on machine 1 and machine 2, which are kept apart; ' +
      'of 2 comparisons, found to differ: none',
  ])
})

test('a certain difference below the margin, and a large but uncertain one, are none', () => {
  assert.deepEqual(disagreements(measuredOn(0, 1.02, 8, 0.01), measuredOn(1, 1.023, 8, 0.01)), [])
  assert.deepEqual(disagreements(measuredOn(0, 1.02, 8, 10), measuredOn(1, 1.04, 8, 10)), [])
})

test('faster here and slower there is said however small it is', () => {
  const [line] = disagreements(measuredOn(0, 0.997, 8, 0.01), measuredOn(1, 1.003, 8, 0.01))
  assert.match(line, /−0\.3 % .* on machine 1, \+0\.3 % .* on machine 2/)
})

test('no variation at all gives no NaN: equal ratios are equal, others differ', () => {
  const [one, same, other] = [1.02, 1.02, 1.05].map((cost, i) =>
    constant(measuredOn(i, cost, 8, 0)),
  )
  assert.deepEqual(disagreements(one, same), [])
  assert.match(disagreements(one, other)[0], /cpu of .*: \+2\.0 % .*, \+5\.0 %/)
})

test('what has no interval, or a biased A/A′ pair, says nothing about machines', () => {
  const undecided =
    /machine 1 and machine 2, which are kept apart; no comparison has a valid interval on two/
  for (const odd of [measuredOn(1, 1.5, 3), biased(measuredOn(1, 1.5))]) {
    const lines = machineFactor([[measuredOn(0, 1), odd]])
    assert.equal(lines.length, 1)
    assert.match(lines[0], undecided)
  }
})

test('nothing measured twice says nothing', () => {
  assert.deepEqual(machineFactor([]), [])
})

function biased(result: ScenarioResult): ScenarioResult {
  const comparisons = result.comparisons.map(one => ({ ...one, verdict: 'invalid' as const }))
  return { ...result, comparisons }
}

function constant(result: ScenarioResult): ScenarioResult {
  const comparisons = result.comparisons.map(one => ({ ...one, mdePercent: 0 }))
  return { ...result, comparisons }
}
