import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Comparison } from '../record.ts'
import { costSentences, latencySentences } from './sentences.ts'

const sentencesOf = (comparisons: Comparison[]) => costSentences({ comparisons })

const cpu: Comparison = {
  kind: 'backend',
  scenario: 'ibd',
  parameters: { profile: 'large' },
  metric: 'cpu',
  unit: 's/GB',
  backend: 'virtual-sockman',
  loops: null,
  baseline: 'direct',
  baselineLoops: null,
  revision: null,
  baselineRevision: null,
  look: 1,
  roundsNeeded: 10,
  ratio: 1.003,
  low: 0.998,
  high: 1.008,
  marginPercent: 1,
  verdict: 'equivalent',
  withinMargin: true,
  rounds: 16,
  mdePercent: 0.7,
}
const aa: Comparison = {
  ...cpu,
  kind: 'aa',
  backend: 'direct',
  ratio: 0.999,
  low: 0.995,
  high: 1.004,
}

test('a comparison is one sentence that can be quoted', () => {
  assert.deepEqual(sentencesOf([aa, cpu]), [
    'virtual-sockman needs +0.3 % [−0.2, +0.8] CPU per GB against direct: ' +
      'equivalent within ±1 %; A/A′ −0.1 % [−0.5, +0.4]; smallest effect this run could see 0.7 %',
  ])
})

test('each verdict has its words', () => {
  const said = (changes: Partial<Comparison>) =>
    sentencesOf([{ ...cpu, ...changes }])[0]
      .replace(/.*against direct: /, '')
      .replace(/; .*/, '')
  const slower = { verdict: 'slower', withinMargin: false } as const
  const faster = { verdict: 'faster', withinMargin: false } as const
  assert.equal(said({ ...slower, withinMargin: true, low: 1.001 }), 'slower, but within ±1 %')
  assert.equal(said({ ...slower, low: 1.005, high: 1.02 }), 'slower')
  assert.equal(said({ ...slower, low: 1.02, high: 1.03 }), 'slower by more than 1 %')
  assert.equal(said({ ...faster, withinMargin: true, high: 0.999 }), 'faster, but within ±1 %')
  assert.equal(said({ ...faster, low: 0.98, high: 0.995 }), 'faster')
  assert.equal(said({ ...faster, low: 0.97, high: 0.98 }), 'faster by more than 1 %')
  const open = { verdict: 'inconclusive', withinMargin: false } as const
  assert.equal(said({ ...open, marginPercent: 0.25 }), 'inconclusive at ±0.25 %')
  const tail = 'inconclusive (tail: two ways of estimating disagree)'
  assert.equal(said({ ...open, reason: 'tail' }), tail)
  const biased = 'A/A′ excludes 0, so the run was biased'
  assert.equal(said({ verdict: 'invalid', reason: biased }), `invalid (${biased})`)
})

test('too few rounds: no interval and no smallest effect', () => {
  const few = { low: null, high: null, verdict: 'inconclusive' as const, withinMargin: false }
  const reason = '3 rounds; at least 6 needed'
  assert.deepEqual(sentencesOf([{ ...cpu, ...few, reason, rounds: 3 }]), [
    'virtual-sockman needs +0.3 % CPU per GB against direct: ' +
      'inconclusive (3 rounds; at least 6 needed)',
  ])
})

test('a bound that is not 0 never reads as 0', () => {
  const [sentence] = sentencesOf([{ ...cpu, low: 1.0003, high: 1.008, verdict: 'slower' }])
  assert.match(sentence, /\+0\.30 % \[\+0\.03, \+0\.80\]/)
  const [zero] = sentencesOf([{ ...cpu, ratio: 1, low: 1, high: 1, mdePercent: 0 }])
  assert.match(zero, /needs 0\.0 % \[0\.0, 0\.0\] CPU.*could see 0\.0 %/)
})

test('a sentence cites the A/A′ pair of its own metric, in its own unit', () => {
  const wall = { metric: 'wall', unit: 'ns/message' } as const
  const aaWall = { ...aa, ...wall, ratio: 1.02, low: 1.01, high: 1.03 }
  const [, sentence] = sentencesOf([aa, cpu, aaWall, { ...cpu, ...wall }])
  assert.match(
    sentence,
    /wall time per message against direct: .*; A\/A′ \+2\.0 % \[\+1\.0, \+3\.0\]/,
  )
})

test('the floor is a ratio, and an A/A′ pair that nothing cites speaks for itself', () => {
  const floor = { ...cpu, backend: 'direct', baseline: 'floor', ratio: 1.064 }
  const slower = { verdict: 'slower', low: 1.051, high: 1.08 } as const
  assert.deepEqual(sentencesOf([aa, { ...floor, ...slower }]), [
    'direct against itself (A/A′) −0.1 % [−0.5, +0.4] CPU per GB: ' +
      'equivalent within ±1 %; smallest effect this run could see 0.7 %',
    'direct needs 1.064 × [1.051, 1.080] the CPU per GB of floor',
  ])
})

test('subjects that share socket threads in different ways are told apart', () => {
  const each = { loops: 'each', baselineLoops: 'each' } as const
  const ways = { kind: 'loops', loops: 'each', baselineLoops: 'one' } as const
  const one = { loops: 'one', baselineLoops: 'one' } as const
  const comparisons = [
    { ...cpu, ...one },
    { ...cpu, ...each },
    { ...cpu, ...ways },
  ]
  const against = (sentences: string[]) =>
    sentences.map(sentence => sentence.replaceAll(/\+0\.3 % \[.*?\] |: .*/g, ''))
  assert.deepEqual(against(sentencesOf(comparisons)), [
    'virtual-sockman needs CPU per GB against direct',
    'virtual-sockman, a loop each needs CPU per GB against direct, a loop each',
    'virtual-sockman, a loop each needs CPU per GB against direct',
  ])
  const timed = comparisons.map(c => ({ ...c, metric: 'latencyP50' as const, unit: 'µs' as const }))
  assert.deepEqual(against(latencySentences({ comparisons: timed })), [
    'latency of virtual-sockman against direct',
    'latency of virtual-sockman, a loop each against direct, a loop each',
    'latency of virtual-sockman, a loop each against direct',
  ])
})

test('latencies are one sentence per backend, and no A/A′ pair has one', () => {
  const p50 = { ...cpu, metric: 'latencyP50', unit: 'µs' } as const
  const p99 = { ...p50, metric: 'latencyP99', ratio: 2, low: 1.5, high: 2.5 } as const
  const slower = { ...p99, verdict: 'slower', withinMargin: false } as const
  const comparisons = [{ ...p50, kind: 'aa' as const }, cpu, p50, slower]
  assert.deepEqual(latencySentences({ comparisons }), [
    'latency of virtual-sockman against direct: p50 +0.3 % [−0.2, +0.8], equivalent within ±1 %; ' +
      'p99 +100.0 % [+50.0, +150.0], slower by more than 1 %',
  ])
  assert.equal(costSentences({ comparisons }).length, 1)
})
