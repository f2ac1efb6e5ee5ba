import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findScenario } from '../../scenarios/index.ts'
import type { WaitStage } from './gate-result.ts'
import { hasNewWaits, judgeWaits } from './judge-waits.ts'

function push(mode: string) {
  const [workload] = findScenario('push')?.workloads(new Map([['mode', mode]])) ?? []
  assert.ok(workload)
  return workload
}

const stage = (base: WaitStage['base'], head: WaitStage['head']): WaitStage => ({
  base,
  head,
  headShare: head === 'waits' ? 0.4 : null,
})

test('waits are new where the base has none', () => {
  assert.equal(hasNewWaits(stage('none', 'waits'), push('queued')), true)
  assert.equal(hasNewWaits(stage('waits', 'waits'), push('queued')), false)
  assert.equal(hasNewWaits(stage('none', 'none'), push('queued')), false)
})

test('where the base has too few samples, waits are new only where optimistic sends avoid them', () => {
  assert.equal(hasNewWaits(stage('too-few', 'waits'), push('optimistic')), true)
  assert.equal(hasNewWaits(stage('too-few', 'waits'), push('queued')), false)
  assert.equal(hasNewWaits(stage('not-measured', 'waits'), push('optimistic')), false)
})

test('what can be said without a suspicion', () => {
  const stateOf = (base: WaitStage['base'], head: WaitStage['head']) =>
    judgeWaits(stage(base, head), null, push('queued')).state
  assert.equal(stateOf('none', 'none'), 'none')
  assert.equal(stateOf('waits', 'none'), 'none')
  assert.equal(stateOf('waits', 'waits'), 'as-before')
  assert.equal(stateOf('too-few', 'waits'), 'unknown')
  assert.equal(stateOf('none', 'too-few'), 'unknown')
  assert.equal(stateOf('none', 'not-measured'), 'unknown')
})

test('new waits name their share', () => {
  const seen = stage('none', 'waits')
  const { state, reason } = judgeWaits(seen, seen, push('optimistic'))
  assert.equal(state, 'new')
  assert.match(reason, /40\.0 % of them/)
})
