import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Judgement } from './judgement.ts'
import { verdictAnswers } from './verdict-answers.ts'

const slower: Judgement = {
  pair: 'other against direct',
  workload: 'ibd (large)',
  metric: 'cpu',
  ratio: 1.02,
  low: 1.01,
  high: 1.03,
  marginPercent: 1,
  verdict: 'slower',
  withinMargin: false,
  mdePercent: 0.7,
  warned: false,
}
const undecided = {
  ...slower,
  verdict: 'inconclusive',
  ratio: 1.004,
  low: 0.99,
  high: 1.02,
} as const

function textsOf(...judgements: Judgement[]): string[] {
  return verdictAnswers(judgements).map(({ text }) => text)
}

test('what two ways of estimating disagree about says so', () => {
  const [text] = textsOf({ ...undecided, reason: 'tail' })
  assert.ok(text.endsWith('(two ways of estimating disagree; smallest visible effect 0.7 %)'), text)
})

test('nobody knows the smallest effect: none is given', () => {
  const [text] = textsOf({ ...undecided, mdePercent: null })
  assert.equal(
    text,
    'other against direct: undecided at ±1 % in CPU, +0.4 % [−1.0, +2.0] in ibd (large)',
  )
})

test('of many undecided workloads, how little could have been seen is a range', () => {
  const many = [0.5, 1, 2, 3, 4, 9.8].map(mdePercent => ({ ...undecided, mdePercent }))
  assert.match(textsOf(...many)[0], /; smallest visible effects 0\.5 % to 9\.8 %$/)
})

test('news of a latency is told; no news of one is counted', () => {
  const [news] = textsOf(slower, { ...slower, metric: 'latencyP99' })
  assert.match(
    news,
    /: more CPU, .*; higher latency p99, \+2\.0 % \[\+1\.0, \+3\.0\] in ibd \(large\)$/,
  )
  const [open] = textsOf(undecided, { ...undecided, metric: 'latencyP99' })
  assert.match(open, /; the same of latency p99 in 1 workload$/)
  const [alone] = textsOf({ ...undecided, metric: 'latencyP99' })
  assert.match(alone, /: undecided at ±1 % in latency p99, \+0\.4 % /)
})

test('each pair keeps its place, the one with news first said first', () => {
  const other = { ...slower, pair: 'third against direct' }
  assert.deepEqual(
    verdictAnswers([undecided, other, slower]).map(({ text, verdict }) => [
      text.slice(0, 5),
      verdict,
    ]),
    [
      ['other', 'slower'],
      ['other', 'inconclusive'],
      ['third', 'slower'],
    ],
  )
})

test('what is invalid is no answer here', () => {
  const invalid = { ...slower, verdict: 'invalid' } as const
  assert.deepEqual(textsOf(invalid, { ...invalid, low: null, high: null }), [])
})
