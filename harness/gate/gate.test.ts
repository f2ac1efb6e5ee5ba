import assert from 'node:assert/strict'
import { test } from 'node:test'
import { syntheticRecord } from '../report/fixtures/synthetic-record.ts'
import { confirmable } from './confirming.ts'
import { exitCodeOf } from './exit-code.ts'
import {
  type Costs,
  gatedLarge,
  measuringBy,
  noisy,
  requestFor,
} from './fixtures/synthetic-gate.ts'
import { gate } from './gate.ts'
import { gatedMeasurements } from './gated-measurements.ts'
import type { Screened } from './screening.ts'

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
  const [, found, enough] =
    /8 rounds find a change of (.*) % or more, (\d+) would acquit a head that has not changed$/.exec(
      row.reason,
    ) ?? []
  assert.ok(Number(found) > 2 && Number(enough) > 8, row.reason)
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
  const { measure } = measuringBy(unchanged)
  const gated = gatedLarge(['direct'], [cpu], 5)
  const { comparisons } = await gate(requestFor(gated), measure)
  assert.deepEqual([comparisons[0].colour, comparisons[0].state], ['neutral', 'inconclusive'])
  assert.match(comparisons[0].reason, /5 whole rounds are too few/)
})

test('a screening that just misses a regression suspects it all the same', async () => {
  // Seven rounds of eight say 5 %: the margin is in the 95 % interval, and not in the 80 % interval.
  const missed: Costs = (_, round) => ({
    ...unchanged('', round),
    head: noisy(round === 0 ? 0.96 : 1.05, round, 2),
  })
  const { row, plans } = await rowsOf(missed, slowerOn(['direct'], 1.05))
  assert.equal(plans.length, 2)
  assert.ok(row.screening.state === 'compared')
  assert.ok((row.screening.low ?? 2) < 1.02 && row.screening.alpha === 0.05)
  assert.deepEqual([row.colour, row.state], ['red', 'regressed'])
  const acquitted = await rowsOf(missed, unchanged)
  assert.deepEqual([acquitted.row.colour, acquitted.row.state], ['green', 'within'])
})

test('nothing is green or red where the two intervals disagree', async () => {
  // One round in twelve is far off: ranks do not care, the mean does.
  const stateOf = async (usual: number, once: number) => {
    const { measure } = measuringBy((backend, round) => ({
      ...unchanged(backend, round),
      head: noisy(round === 5 ? once : usual, round, 2),
    }))
    const { comparisons } = await gate(requestFor(gatedLarge(['direct'], [cpu], 12)), measure)
    const [{ colour, state }] = comparisons
    return [colour, state]
  }
  assert.deepEqual(await stateOf(1, 1), ['green', 'within'])
  assert.deepEqual(await stateOf(1, 3), ['neutral', 'inconclusive (tail)'])
  assert.deepEqual(await stateOf(1.06, 1.06), ['red', 'regressed'])
  assert.deepEqual(await stateOf(1.06, 0.4), ['neutral', 'inconclusive (tail)'])
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

test('a head that died once is red where fresh rounds show a regression', async () => {
  const { row } = await rowsOf(dying('head'), slowerOn(['direct'], 1.05))
  assert.deepEqual([row.colour, row.state], ['red', 'regressed'])
})

test('a base that dies once hides no head that always does', async () => {
  const { row } = await rowsOf((_, round) => ({
    base: round === 0 ? 'killed by SIGSEGV' : 1,
    head: 'killed by SIGABRT',
  }))
  assert.deepEqual([row.colour, row.state], ['red', 'head-died'])
  assert.ok(row.screening.state === 'died' && row.screening.times === 7)
})

test('a dead head shares the level of the confirmation', async () => {
  const { measure } = measuringBy((backend, round) =>
    backend === 'direct'
      ? dying('head')(backend, round)
      : slowerOn(['virtual-sockman'], 1.05)(backend, round),
  )
  const gated = gatedLarge(['direct', 'virtual-sockman'], [cpu])
  const { comparisons } = await gate(requestFor(gated), measure)
  assert.deepEqual(
    comparisons.map(({ state }) => state),
    ['head-died', 'regressed'],
  )
  const [, { confirmation }] = comparisons
  assert.ok(confirmation?.state === 'compared' && confirmation.alpha === 0.05 / 2)
})

test('with a base that dies nothing is compared, whatever becomes of the head', async () => {
  const { row, plans } = await rowsOf(dying('base', 8))
  assert.deepEqual([row.colour, row.state], ['neutral', 'base-died'])
  assert.equal(plans.length, 1)
  const both: Costs = () => ({ base: 'no such option', head: 'no such option' })
  assert.equal((await rowsOf(both)).row.state, 'base-died')
})

test('where nobody lives it is not the base', async () => {
  const reason = 'large, 1 peer cannot be prepared: ENOSPC'
  const { row, plans } = await rowsOf(() => ({ base: reason, twin: reason, head: reason }))
  assert.deepEqual([row.colour, row.state], ['neutral', 'not-measured'])
  assert.equal(row.reason, `it could not be measured: run: ${reason}`)
  assert.equal(plans.length, 1)
})

test('whatever died, and is not red, fails the gate', async () => {
  const exitOf = async (screening: Costs, confirmation: Costs = screening) => {
    const { measure } = measuringBy(screening, confirmation)
    const found = await gate(requestFor(gatedLarge(['direct'], [cpu])), measure)
    const records = [found.screening, ...(found.confirmation === null ? [] : [found.confirmation])]
    const failures = records.flatMap(record => record.failures)
    return exitCodeOf({ ...found, failures, counters: null, strict: false })
  }
  assert.equal(await exitOf(unchanged), 0)
  assert.equal(await exitOf(dying('base')), 1)
  assert.equal(await exitOf(dying('head'), unchanged), 1)
  assert.equal(await exitOf(dying('head')), 3)
  assert.equal(await exitOf(slowerOn(['direct'], 1.05), dying('base')), 1)
})

test('what was not measured is no figure, and says so', async () => {
  const { comparisons } = await gate(requestFor(gatedLarge(['direct'], [cpu])), async () =>
    syntheticRecord(),
  )
  assert.deepEqual([comparisons[0].colour, comparisons[0].state], ['neutral', 'not-measured'])
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

test('who is confirmed first: new waits, then dead heads, then the worst', () => {
  const gated = gatedLarge(['direct', 'virtual-sockman', 'devirtualized-sockman'], [cpu])
  const suspect = (i: number, excess: number | null, newWaits = false): Screened => ({
    one: gated[i],
    result: undefined,
    stages: [],
    suspicions: [excess],
    waits: null,
    newWaits,
  })
  const dead = suspect(0, Number.MAX_VALUE)
  const slow = suspect(1, 0.2)
  const waiting = suspect(2, 0.01, true)
  assert.deepEqual(confirmable([slow, dead, waiting], undefined), {
    chosen: [waiting, dead, slow],
    alpha: 0.05 / 3,
    rounds: 8,
  })
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
