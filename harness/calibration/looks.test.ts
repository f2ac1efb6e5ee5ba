import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubjectSpec } from '../plan.ts'
import { COST, NS_PER_RECV, syntheticRun } from './fixtures/synthetic-run.ts'
import {
  identicalDifferences,
  isBiased,
  isConfirmed,
  isSuspected,
  isUnconfirmed,
  lookAt,
  twinDifference,
} from './looks.ts'
import { armsPlan, controlsPlan, type PlanContext } from './plans.ts'

const context: PlanContext = {
  settings: {
    backend: 'direct',
    seed: 1,
    sliceBlocks: 8,
    aa: { rounds: 6, slices: 40 },
    experiment: { rounds: 8, slices: 110 },
  },
  pinning: null,
  tool: { version: '0.1.0', gitSha: null, dirty: null },
}
const arms = ['arm 1', 'arm 2', 'arm 3'].map(name => ({ name, spinsPerRecv: 0 }))
const plan = armsPlan(context, { rounds: 8, slices: 110 }, arms, 5)

function lookIf(costs: Record<string, number>, twin = 100) {
  const costOf = ({ arm, revision }: SubjectSpec) =>
    arm === "A'" ? twin : (costs[revision.name ?? ''] ?? 100)
  return lookAt(syntheticRun(plan, costOf), 'records/x.json.gz')
}

test('arms are judged against the mean of A and A′, by their names', () => {
  const look = lookIf({ 'arm 2': 102, 'arm 3': 98 })
  assert.equal(look.record, 'records/x.json.gz')
  assert.deepEqual(Object.keys(look.arms), ['arm 1', 'arm 2', 'arm 3'])
  const { 'arm 1': same, 'arm 2': slower, 'arm 3': faster } = look.arms
  assert.deepEqual([same, slower, faster].map(isSuspected), [false, true, false])
  assert.equal(faster.verdict, 'faster')
  assert.ok(Math.abs(slower.ratio - 1.02) < 0.001)
  assert.equal(isBiased(look), false)
})

test('its differences, one for each round, are those that the analysis judged', () => {
  const record = syntheticRun(plan, ({ revision }) => (revision.name === 'arm 1' ? 103 : 100))
  const { differences } = lookAt(record, '').arms['arm 1']
  assert.equal(differences.length, 8)
  for (const [round, difference] of differences.entries()) {
    const [result] = record.scenarios
    const cost = (name: string, arm: string) => {
      const found = result.processes.find(
        one => one.round === round && one.revision === name && one.arm === arm,
      )
      assert.ok(found?.outcome.state === 'completed')
      return Math.log(found.outcome.slices[0].threads['b-net'].cpuNs)
    }
    const reference = (cost('base', 'A') + cost('base', "A'")) / 2
    assert.ok(Math.abs(difference - (cost('arm 1', 'B') - reference)) < 1e-12)
  }
})

test('CPU and recvs per byte, from which doses are reckoned', () => {
  const { reference, arms } = lookIf({})
  assert.ok(Math.abs(reference.cpuNsPerByte / COST - 1) < 0.001)
  const nsPerRecv = reference.cpuNsPerByte / reference.recvsPerByte
  assert.ok(Math.abs(nsPerRecv / NS_PER_RECV - 1) < 0.001)
  assert.equal(arms['arm 1'].recvsPerByte, reference.recvsPerByte)
})

test('twins that differ make a look biased, in either direction', () => {
  assert.equal(isBiased(lookIf({}, 102)), true)
  assert.equal(isBiased(lookIf({}, 98)), true)
})

test('an interval that does not exist is no suspicion', () => {
  assert.equal(isSuspected({ low: null }), false)
  assert.equal(isSuspected({ low: 1 }), false)
  assert.equal(isSuspected({ low: 1.001 }), true)
})

test('fresh rounds confirm with the verdict `slower`, which twins that differ take away', () => {
  assert.equal(isConfirmed('arm 1', lookIf({ 'arm 1': 102 })), true)
  assert.equal(isConfirmed('arm 1', lookIf({ 'arm 1': 100 })), false)
  assert.equal(isConfirmed('arm 1', lookIf({ 'arm 1': 104 }, 102)), false)
  assert.equal(isConfirmed('arm 1', null), false)
})

test('what was suspected and not measured again is unconfirmed', () => {
  const [suspect, innocent] = [lookIf({ 'arm 2': 102 }), lookIf({})]
  assert.equal(isUnconfirmed({ first: suspect, confirmation: null }), true)
  assert.equal(isUnconfirmed({ first: suspect, confirmation: innocent }), false)
  assert.equal(isUnconfirmed({ first: innocent, confirmation: null }), false)
})

test('the differences of an arm from A and A′, and from A alone', () => {
  const costs = ({ arm, revision }: SubjectSpec) =>
    arm === "A'" ? 101 : revision.name === 'arm 2' ? 102 : 100
  const { fromBoth, fromA, twins } = identicalDifferences(syntheticRun(plan, costs, 0), 'arm 2')
  assert.deepEqual([fromBoth.length, fromA.length, twins.length], [8, 8, 8])
  const near = (value: number, expected: number) => assert.ok(Math.abs(value - expected) < 1e-9)
  for (const round of fromA.keys()) {
    near(fromA[round], Math.log(1.02))
    near(fromBoth[round], (Math.log(1.02) + Math.log(1.02 / 1.01)) / 2)
    near(twins[round], Math.log(1.01))
  }
})

test('the difference of twins over the slices, trimmed and over all of them', () => {
  const round = controlsPlan(context, 'everything on', 5)
  const record = syntheticRun(round, ({ arm }) => (arm === "A'" ? 101 : 100), 0)
  const burst = record.scenarios[0].processes.find(({ arm }) => arm === "A'")
  assert.ok(burst?.outcome.state === 'completed')
  const { slices } = burst.outcome
  burst.outcome.slices = Array.from({ length: 10 }, (_, group) => ({ ...slices[0], group }))
  burst.outcome.slices[9].threads = { 'b-net': { cpuNs: 2e8, waitNs: 0 } }
  const plain = record.scenarios[0].processes.find(({ arm }) => arm === 'A')
  assert.ok(plain?.outcome.state === 'completed')
  const [one] = plain.outcome.slices
  plain.outcome.slices = Array.from({ length: 10 }, (_, group) => ({ ...one, group }))
  const { difference, untrimmedDifference } = twinDifference(record)
  assert.ok(Math.abs(difference - Math.log(1.01)) < 1e-9)
  const burstLog = Math.log(2e8 / (COST * 1e8))
  assert.ok(Math.abs(untrimmedDifference - (9 * Math.log(1.01) + burstLog) / 10) < 1e-9)
})
