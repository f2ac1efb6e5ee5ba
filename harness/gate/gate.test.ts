import assert from 'node:assert/strict'
import { test } from 'node:test'
import { syntheticRecord } from '../report/fixtures/synthetic-record.ts'
import {
  type Costs,
  gatedLarge,
  measuringBy,
  noisy,
  requestFor,
} from './fixtures/synthetic-gate.ts'
import { gate } from './gate.ts'
import { gatedMeasurements } from './gated-measurements.ts'

const cpu = { metric: 'cpu', marginPercent: 2 } as const
const backends = ['direct', 'virtual-sockman', 'devirtualized-sockman']

const unchanged: Costs = (_, round) => ({
  base: noisy(1, round),
  twin: noisy(1, round, 1),
  head: noisy(1, round, 2),
})

const slowerOn =
  (which: readonly string[], factor: number): Costs =>
  (backend, round) => ({
    ...unchanged(backend, round),
    head: noisy(which.includes(backend) ? factor : 1, round, 2),
  })

async function rowsOf(screening: Costs, confirmation: Costs = screening) {
  const { measure, plans } = measuringBy(screening, confirmation)
  const { comparisons } = await gate(requestFor(gatedLarge(['direct'], [cpu])), measure)
  return { row: comparisons[0], plans }
}

test('what did not change is green after one screening', async () => {
  const { measure, plans } = measuringBy(unchanged)
  const { comparisons, confirmation } = await gate(requestFor(gatedLarge(backends, [cpu])), measure)
  assert.deepEqual(
    comparisons.map(({ colour, state }) => [colour, state]),
    backends.map(() => ['green', 'within']),
  )
  assert.equal(plans.length, 1)
  assert.equal(confirmation, null)
})

test('only suspects are measured again: fresh rounds, another seed, and a level that they share', async () => {
  const slow = backends.slice(1)
  const { measure, plans } = measuringBy(slowerOn(slow, 1.05))
  const { comparisons } = await gate(requestFor(gatedLarge(backends, [cpu])), measure)
  assert.deepEqual(
    comparisons.map(({ colour }) => colour),
    ['green', 'red', 'red'],
  )
  const [screening, confirmation] = plans
  assert.deepEqual(confirmation.measurements.map(one => one.backends[0]).sort(), slow.toSorted())
  assert.notEqual(confirmation.seed, screening.seed)
  for (const { screening: first, confirmation: second } of comparisons.slice(1)) {
    assert.ok(first.state === 'compared' && second?.state === 'compared')
    assert.deepEqual([first.alpha, second.alpha], [0.05, 0.05 / 2])
    // Of the same figures, so a stricter level has a lower bound.
    assert.ok(first.low !== null && second.low !== null)
    assert.ok(second.low < first.low && second.low > 1.02)
  }
})

test('many suspects have as many rounds as their level takes', async () => {
  const limits = [cpu, { metric: 'wall', marginPercent: 2 } as const]
  const gated = gatedLarge(backends, limits, 6)
  const { measure, plans } = measuringBy(slowerOn(backends, 1.05))
  const { comparisons } = await gate(requestFor(gated), measure)
  // 2^(1-n) ≤ 0.05 / 6
  assert.deepEqual(
    plans[1].measurements.map(({ schedule }) => schedule.looks),
    [[8], [8], [8]],
  )
  assert.ok(comparisons.every(({ colour }) => colour === 'red'))
})

test('what fresh rounds do not show is no regression', async () => {
  const { row } = await rowsOf(slowerOn(['direct'], 1.05), unchanged)
  assert.deepEqual([row.colour, row.state], ['green', 'within'])
  assert.ok(row.confirmation !== null)
})

test('fresh rounds that cannot tell leave it undecided, and say what would decide', async () => {
  const scattered: Costs = (_, round) => ({
    ...unchanged('', round),
    head: round % 2 === 0 ? 1.1 : 0.98,
  })
  const { row } = await rowsOf(slowerOn(['direct'], 1.05), scattered)
  assert.deepEqual([row.colour, row.state], ['neutral', 'inconclusive'])
  assert.match(row.reason, /8 rounds find a change of .* %.*, \d+ would find 2 %/)
})

test('a regression below the margin is none, at a margin of 0 it is', async () => {
  const oneSlower = slowerOn(['direct'], 1.01)
  const { row, plans } = await rowsOf(oneSlower)
  assert.equal(row.state, 'within')
  assert.equal(plans.length, 1)
  const { measure } = measuringBy(oneSlower)
  const limits = [{ metric: 'cpu', marginPercent: 0 } as const]
  const { comparisons } = await gate(requestFor(gatedLarge(['direct'], limits)), measure)
  assert.equal(comparisons[0].state, 'regressed')
})

test('all ties: equal costs are within a margin, and undecided at 0', async () => {
  const tied: Costs = () => ({})
  const { measure } = measuringBy(tied)
  const at = async (marginPercent: number) => {
    const gated = gatedLarge(['direct'], [{ metric: 'cpu', marginPercent }])
    return (await gate(requestFor(gated), measure)).comparisons[0]
  }
  assert.equal((await at(2)).state, 'within')
  const atZero = await at(0)
  assert.equal(atZero.state, 'inconclusive')
  assert.doesNotMatch(atZero.reason, /NaN|Infinity/)
})

test('zero variance: a constant slowdown is a regression', async () => {
  const { row } = await rowsOf(() => ({ head: 1.05 }))
  assert.equal(row.state, 'regressed')
})

test('too few whole rounds have no interval, and no verdict', async () => {
  const { measure } = measuringBy(slowerOn(['direct'], 1.5))
  const gated = gatedLarge(['direct'], [cpu], 5)
  const { comparisons } = await gate(requestFor(gated), measure)
  assert.deepEqual([comparisons[0].colour, comparisons[0].state], ['neutral', 'inconclusive'])
  assert.match(comparisons[0].reason, /5 whole rounds are too few/)
})

const biasedBy =
  (costs: Costs): Costs =>
  (backend, round) => ({
    ...costs(backend, round),
    base: noisy(1.03, round),
  })

test('a biased screening acquits nobody', async () => {
  const { row } = await rowsOf(biasedBy(unchanged))
  assert.deepEqual([row.colour, row.state], ['neutral', 'biased'])
})

test('a biased screening does not keep a regression from being confirmed', async () => {
  const slow = slowerOn(['direct'], 1.1)
  const { row } = await rowsOf(biasedBy(slow), slow)
  assert.equal(row.state, 'regressed')
})

test('a biased confirmation convicts nobody', async () => {
  const slow = slowerOn(['direct'], 1.1)
  const { row } = await rowsOf(slow, biasedBy(slow))
  assert.deepEqual([row.colour, row.state], ['neutral', 'biased'])
})

const dying =
  (which: 'base' | 'head', times = 1): Costs =>
  (backend, round) => ({
    ...unchanged(backend, round),
    ...(round < times ? { [which]: 'killed by SIGSEGV' } : {}),
  })

test('a head that dies, and dies again on fresh rounds, is red and has no ratio', async () => {
  const { row, plans } = await rowsOf(dying('head'))
  assert.deepEqual([row.colour, row.state], ['red', 'head-died'])
  assert.equal(row.reason, 'the head did not finish: run: killed by SIGSEGV')
  assert.equal(row.screening.state, 'died')
  assert.equal(plans.length, 2)
})

test('a head that dies once is undecided', async () => {
  const { row } = await rowsOf(dying('head'), unchanged)
  assert.deepEqual([row.colour, row.state], ['neutral', 'head-died-once'])
})

test('with a base that dies nothing is compared, whatever becomes of the head', async () => {
  const { row, plans } = await rowsOf(dying('base', 8))
  assert.deepEqual([row.colour, row.state], ['neutral', 'base-died'])
  assert.equal(plans.length, 1)
  const both: Costs = () => ({ base: 'no such option', head: 'no such option' })
  assert.equal((await rowsOf(both)).row.state, 'base-died')
})

test('what was not measured has no figure', async () => {
  const { comparisons } = await gate(requestFor(gatedLarge(['direct'], [cpu])), async () =>
    syntheticRecord(),
  )
  assert.deepEqual([comparisons[0].colour, comparisons[0].state], ['neutral', 'no-figure'])
})

test('without time for all of them, the worst suspects are confirmed; one always is', async () => {
  const slow: Costs = (backend, round) =>
    slowerOn([backend], backend === 'direct' ? 1.05 : 1.2)(backend, round)
  const { measure, plans } = measuringBy(slow)
  const gated = gatedLarge(['direct', 'virtual-sockman'], [cpu])
  // A synthetic workload has taken 30 s.
  const of = async (budgetMs: number) =>
    (await gate(requestFor(gated, { budgetMs }), measure)).comparisons.map(({ state }) => state)
  assert.deepEqual(await of(1), ['unconfirmed', 'regressed'])
  assert.deepEqual(
    plans[1].measurements.flatMap(one => one.backends),
    ['virtual-sockman'],
  )
  assert.deepEqual(await of(61_000), ['regressed', 'regressed'])
})

test('a wait that only the head has is suspected, and red when fresh rounds show it, too', async () => {
  const gated = gatedMeasurements(
    [{ scenario: 'push', set: { mode: 'optimistic' }, backends: ['direct'], marginPercent: 50 }],
    8,
  )
  const none = { state: 'none', samples: 5000, nearTimeoutShare: 0 } as const
  const waits = {
    state: 'waits',
    kind: 'uniform',
    samples: 5000,
    nearTimeoutShare: 0.1,
    waitingShare: 0.4,
  } as const
  const program = { backend: 'direct', loops: null }
  const stateWith = async (...heads: (typeof none | typeof waits)[]) => {
    const { measure } = measuringBy(unchanged)
    const found = await gate(requestFor(gated), async (of, plan) => {
      const record = await measure(of, plan)
      const [scenario] = record.scenarios
      scenario.waits = [
        { ...program, revision: 'base', verdict: none },
        { ...program, revision: 'head', verdict: heads[of === 'screening' ? 0 : 1] },
      ]
      return record
    })
    return found.waits.map(({ colour, state }) => [colour, state])
  }
  assert.deepEqual(await stateWith(none), [['green', 'none']])
  assert.deepEqual(await stateWith(waits, waits), [['red', 'new']])
  assert.deepEqual(await stateWith(waits, none), [['neutral', 'unconfirmed']])
  const { measure } = measuringBy(unchanged)
  const off = await gate(requestFor(gated, { waits: false }), measure)
  assert.deepEqual(off.waits, [])
})
