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

/** With a share for whoever waits. */
const stage = (
  base: WaitStage['base'],
  head: WaitStage['head'],
  { ofBase = 0.4, ofHead = 0.4 } = {},
): WaitStage => ({
  base,
  head,
  baseShare: base === 'waits' ? ofBase : null,
  headShare: head === 'waits' ? ofHead : null,
})

test('waits are new where the base has none', () => {
  assert.equal(hasNewWaits(stage('none', 'waits'), push('queued')), true)
  assert.equal(hasNewWaits(stage('waits', 'waits'), push('queued')), false)
  assert.equal(hasNewWaits(stage('none', 'none'), push('queued')), false)
})

test('rare waits of the base do not excuse frequent ones of the head', () => {
  const newAt = (ofBase: number, ofHead: number) =>
    hasNewWaits(stage('waits', 'waits', { ofBase, ofHead }), push('queued'))
  assert.equal(newAt(0.003, 1), true)
  assert.equal(newAt(0.3, 0.66), true)
  assert.equal(newAt(0.3, 0.64), false)
  assert.equal(newAt(0.003, 0.05), false)
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

test('new waits name both shares', () => {
  const reasonOf = (seen: WaitStage) => {
    const { state, reason } = judgeWaits(seen, seen, push('optimistic'))
    assert.equal(state, 'new')
    return reason
  }
  assert.match(reasonOf(stage('none', 'waits')), /40\.0 % of them, none of those of the base$/)
  assert.match(
    reasonOf(stage('waits', 'waits', { ofBase: 0.003 })),
    /40\.0 % of them, 0\.3 % of those of the base$/,
  )
  assert.match(reasonOf(stage('too-few', 'waits')), /40\.0 % of them$/)
})

test('a suspicion is dropped only where fresh rounds show that there is nothing', () => {
  const judged = (confirmation: WaitStage) => {
    const { state, reason } = judgeWaits(stage('none', 'waits'), confirmation, push('queued'))
    return `${state}: ${reason}`
  }
  assert.match(judged(stage('none', 'none')), /^unconfirmed: .*, but not on fresh rounds$/)
  assert.match(judged(stage('waits', 'waits')), /^unconfirmed: .*as those of the base$/)
  assert.match(judged(stage('none', 'too-few')), /^unknown: .*cannot tell.*: too few latencies$/)
  assert.match(judged(stage('none', 'not-measured')), /^unknown: .*no latencies that mean/)
  assert.match(judged(stage('too-few', 'waits')), /^unknown: .*of the base there are too few/)
})
