import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubjectSpec } from '../plan.ts'
import { COST, NS_PER_RECV, syntheticRun } from './fixtures/synthetic-run.ts'
import { isBiased, isSuspected, lookAt, twinDifference } from './looks.ts'
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
  assert.equal(isSuspected({ low: null, high: null }), false)
  assert.equal(isSuspected({ low: 1, high: 1.1 }), false)
  assert.equal(isSuspected({ low: 1.001, high: 1.1 }), true)
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
