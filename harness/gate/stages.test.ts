import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from '../analysis/analyse.ts'
import type { GatedMetric } from '../configuration/define-config.ts'
import { histogramOf, steady } from '../fixtures/latency.ts'
import type { ProcessSample, ScenarioResult } from '../record.ts'
import {
  measuredLarge,
  measuredLatency,
  syntheticProcess,
  syntheticRecord,
} from '../report/fixtures/synthetic-record.ts'
import { minimumDetectableEffect, roundsFor } from '../statistics/minimum-detectable-effect.ts'
import { meanAndDeviation, pairedTInterval } from '../statistics/student-t.ts'
import { differencesOf } from './differences.ts'
import { noisy } from './fixtures/synthetic-gate.ts'
import { stageOf } from './stages.ts'

const SAMPLES = 1_000

/** Of a head that needs 1 % more of everything, so many latencies per process. */
function rounds(count: number, samples = SAMPLES): ProcessSample[] {
  return Array.from({ length: count }, (_, round) =>
    (['A', "A'", 'B'] as const).map((arm, salt) => {
      const factor = noisy(arm === 'B' ? 1.01 : 1, round, salt)
      const latencies = [
        ...steady(factor * 100e3, samples),
        ...steady(factor * 900e3, samples / 20),
      ]
      return syntheticProcess({
        round,
        backend: 'direct',
        arm,
        revision: arm === 'B' ? 'head' : 'base',
        cost: factor,
        sliceFactors: [1, noisy(1.1, round, salt + 3), 1.3 + salt / 10],
        latency: { histogram: histogramOf(latencies), lag: null },
      })
    }),
  ).flat()
}

function resultOf(measured: Measured): ScenarioResult {
  const [result] = syntheticRecord(measured).scenarios
  return result
}

const near = (one: number | null | undefined, other: number | null | undefined) =>
  assert.ok(Math.abs((one ?? Number.NaN) - (other ?? Number.NaN)) < 1e-9, `${one} and ${other}`)

test('the intervals of a stage are those that its record has of the same rounds', () => {
  const cases: [Measured, GatedMetric][] = [
    [measuredLarge(rounds(8)), 'cpu'],
    [measuredLarge(rounds(8)), 'wall'],
    [measuredLatency(rounds(8)), 'cpu'],
    [measuredLatency(rounds(8)), 'wall'],
    [measuredLatency(rounds(8)), 'latencyP50'],
    [measuredLatency(rounds(8)), 'latencyP99'],
  ]
  for (const [measured, metric] of cases) {
    const result = resultOf(measured)
    const stage = stageOf(result, { metric, marginPercent: 2 }, 0.05)
    assert.ok(stage.state === 'compared', `${measured.lives}, ${metric}`)
    for (const [kind, found] of [['revision', stage] as const, ['aa', stage.aa] as const]) {
      const known = result.comparisons.find(one => one.kind === kind && one.metric === metric)
      near(found?.ratio, known?.ratio)
      near(found?.low, known?.low)
      near(found?.high, known?.high)
    }
    assert.equal(stage.rounds, 8)
    assert.ok(stage.ratio > 1.002 && stage.low !== stage.high)
  }
})

test('what could be found is above the margin, and as strict as the interval', () => {
  const result = resultOf(measuredLarge(rounds(12)))
  const { head } = differencesOf(result, 'cpu')
  for (const [alpha, marginPercent] of [
    [0.05, 2],
    [0.01, 5],
  ]) {
    const stage = stageOf(result, { metric: 'cpu', marginPercent }, alpha)
    assert.ok(stage.state === 'compared')
    const detectable = Math.expm1(minimumDetectableEffect(head, alpha))
    near(stage.mdePercent, 100 * ((1 + marginPercent / 100) * (1 + detectable) - 1))
    const { deviation } = meanAndDeviation(head)
    assert.equal(stage.roundsNeeded, roundsFor(Math.log1p(marginPercent / 100), deviation, alpha))
    const { low, high } = pairedTInterval(head, alpha)
    near(Math.log(stage.student?.low ?? 0), low)
    near(Math.log(stage.student?.high ?? 0), high)
  }
})

test('no number of rounds acquits anybody at a margin of 0', () => {
  const stage = stageOf(
    resultOf(measuredLarge(rounds(8))),
    { metric: 'cpu', marginPercent: 0 },
    0.05,
  )
  assert.ok(stage.state === 'compared' && stage.low !== null)
  assert.equal(stage.roundsNeeded, null)
})

test('without an interval nothing is said about what would be found', () => {
  const stage = stageOf(
    resultOf(measuredLarge(rounds(5))),
    { metric: 'cpu', marginPercent: 2 },
    0.05,
  )
  assert.ok(stage.state === 'compared')
  const { low, high, student, mdePercent, roundsNeeded } = stage
  assert.deepEqual([low, high, student, mdePercent, roundsNeeded], [null, null, null, null, null])
})

test('what the record does not compare has no figure', () => {
  const result = resultOf(measuredLatency(rounds(8, 500)))
  const limit = { metric: 'latencyP99', marginPercent: 2 } as const
  assert.deepEqual(stageOf(result, limit, 0.05), {
    state: 'no-figure',
    reason: 'too few samples per process for this percentile',
  })
  const late = { ...result, comparisons: [], latencyInvalid: 'the load was itself late' }
  assert.deepEqual(stageOf(late, limit, 0.05), {
    state: 'no-figure',
    reason: 'the load was itself late',
  })
})
